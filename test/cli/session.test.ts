import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect } from 'node:net';
import { copyFileSync, existsSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { faulty, folder, request, type Run } from '../support/dots';
import { eventually, freePort } from '../support/protocol/scene';
import {
  hasOpened,
  launcher,
  program,
  runIn,
  secureMock,
  sendByNode,
  startKeeper,
  ways,
} from '../support/sessionKeeper';
import { needTool } from '../support/tools';

test('documents go over the session that dots session keeps in their folder, without Node.js and without another handshake', async (t) => {
  if (!needTool(t, 'curl', 'curl')) return;
  const { coaps, proofs } = await secureMock(t);
  const cwd = folder(t, { 'a.dots.json': request, 'faulty.dots.json': faulty });
  const keeper = await startKeeper(t, cwd, '--server', coaps, ...proofs);
  assert.deepEqual(keeper.ready, { event: 'ready', socket: '.dots/session' });
  assert.equal(readFileSync(join(cwd, '.dots/.gitignore'), 'utf8'), '*\n', 'Git leaves it out');
  assert.equal(statSync(join(cwd, '.dots/session')).mode & 0o077, 0, 'nobody else may open it');
  for (const [name, send] of ways(t)) {
    const { status, out, err } = send(cwd, 'a.dots.json', '--server', coaps, ...proofs, '--mid', '1');
    assert.match(
      out,
      /^2\.0[14] [^]*, over the session that dots session keeps\nover DTLS 1\.2 [^]*verified: 127\.0\.0\.1\ncuid kept, mid 1\n/,
      name + err,
    );
    assert.deepEqual([status, err], [0, ''], name);
    const json = send(cwd, 'a.dots.json', '--server', coaps, ...proofs, '--mid', '1', '--format', 'json');
    assert.deepEqual((({ ok, kept }) => ({ ok, kept }))(JSON.parse(json.out) as { ok: boolean; kept: boolean }), {
      ok: true,
      kept: true,
    });
    const refused = send(cwd, 'faulty.dots.json', '--server', coaps, ...proofs);
    assert.deepEqual([refused.status, refused.out], [1, '']);
    assert.match(refused.err, /^faulty\.dots\.json:\d+:\d+ error [^\n]*\n[^]*not sent[^\n]*\n$/);
    const missing = send(cwd, "it isn't $HERE.dots.json", '--server', coaps, ...proofs);
    assert.deepEqual(
      [missing.status, missing.err],
      [2, "dots send: it isn't $HERE.dots.json cannot be read: there is no such file.\n"],
    );
  }
  await hasOpened(keeper, 1);
});

test('a document for another server, and one for another cuid, open sessions that are kept as well', async (t) => {
  const [one, other] = [await secureMock(t), await secureMock(t)];
  const cwd = folder(t, { 'a.dots.json': request });
  const keeper = await startKeeper(t, cwd);
  for (let count = 0; count < 2; count += 1) {
    for (const { coaps, proofs } of [one, other])
      assert.equal(sendByNode(cwd, 'a.dots.json', '--server', coaps, ...proofs, '--mid', '1').status, 0);
    assert.equal(
      sendByNode(cwd, 'a.dots.json', '--server', one.coaps, ...one.proofs.slice(0, -1), 'second', '--mid', '1').status,
      0,
    );
  }
  await hasOpened(keeper, 3);
});

test('a server that was started anew answers over a new session', async (t) => {
  const port = String(await freePort());
  const first = await secureMock(t, folder(t), port);
  const cwd = folder(t, { 'a.dots.json': request });
  const keeper = await startKeeper(t, cwd, '--server', first.coaps, ...first.proofs);
  first.child.kill('SIGKILL');
  await once(first.child, 'close');
  await secureMock(t, first.state, port);
  const { status, out, err } = sendByNode(cwd, 'a.dots.json', '--server', first.coaps, ...first.proofs, '--mid', '1');
  assert.equal(status, 0, out + err + keeper.log());
  await hasOpened(keeper, 2);
});

test('where dots session has ended, or was killed, dots send opens a session of its own', async (t) => {
  const { coaps, proofs } = await secureMock(t);
  const cwd = folder(t, { 'a.dots.json': request });
  const sent = (): Run => runIn(cwd, launcher, ['send', 'a.dots.json', '--server', coaps, ...proofs, '--mid', '1']);
  const first = await startKeeper(t, cwd);
  first.child.kill('SIGTERM');
  assert.deepEqual(await once(first.child, 'close'), [0, null]);
  assert.equal(existsSync(join(cwd, '.dots/session')), false);
  assert.match(sent().out, /^2\.01 /);
  const second = await startKeeper(t, cwd);
  second.child.kill('SIGKILL');
  await once(second.child, 'close');
  assert.equal(existsSync(join(cwd, '.dots/session')), true);
  assert.match(sent().out, /^2\.04 /);
  assert.match(
    runIn(cwd, process.execPath, [program, 'send', 'a.dots.json', '--server', coaps, ...proofs, '--mid', '1']).out,
    /^2\.04 /,
  );
  const third = await startKeeper(t, cwd);
  const again = runIn(cwd, launcher, ['session']);
  assert.deepEqual(
    [again.status, again.err],
    [
      2,
      'dots session: A dots session is already running in this folder. Stop it first, or start this one in another folder.\n',
    ],
  );
  assert.equal(sent().status, 0);
  await hasOpened(third, 1);
});

test('a dots session that hangs is not waited for, and what its callers gave up is not sent later', async (t) => {
  const silent = createSocket('udp4').bind(0, '127.0.0.1');
  await once(silent, 'listening');
  t.after(() => silent.close());
  let datagrams = 0;
  silent.on('message', () => {
    datagrams += 1;
  });
  const { coaps, proofs } = await secureMock(t);
  const cwd = folder(t, { 'a.dots.json': request });
  const keeper = await startKeeper(t, cwd);
  keeper.child.kill('SIGSTOP');
  const words = ['send', 'a.dots.json', '--server', `coap://127.0.0.1:${silent.address().port}`];
  const ends = [spawn(launcher, words, { cwd }), spawn(process.execPath, [program, ...words], { cwd })].map(
    async (child) => ((await once(child, 'close')) as [number])[0],
  );
  assert.deepEqual(await Promise.all(ends), [3, 3]);
  keeper.child.kill('SIGCONT');
  const quiet = connect(join(cwd, '.dots/session'));
  t.after(() => quiet.destroy());
  await once(quiet, 'connect');
  assert.equal(sendByNode(cwd, 'a.dots.json', '--server', coaps, ...proofs).status, 0);
  assert.equal(datagrams, 0);
  keeper.child.kill('SIGTERM');
  assert.deepEqual(
    await once(keeper.child, 'close'),
    [0, null],
    'a connected process that requests nothing does not delay it',
  );
});

test('where curl is killed the document may have been sent, so it is not sent again', (t) => {
  const cwd = folder(t);
  mkdirSync(join(cwd, '.dots'), { mode: 0o700 });
  const listening = spawnSync(
    process.execPath,
    ['-e', "require('node:net').createServer().listen('.dots/session', () => process.kill(process.pid, 'SIGKILL'))"],
    { cwd },
  );
  assert.equal(listening.signal, 'SIGKILL');
  const bin = folder(t);
  writeFileSync(join(bin, 'curl'), '#!/bin/sh\ncat > /dev/null\nkill -TERM $$\n', { mode: 0o755 });
  const { status, err } = runIn(cwd, '/bin/sh', [launcher, 'send', 'a.dots.json'], { PATH: `${bin}:/bin:/usr/bin` });
  assert.equal(status, 3, err);
  assert.match(err, /may have been sent/);
});

test('a document on standard input goes over a session of its own', async (t) => {
  const { coaps, proofs } = await secureMock(t);
  const cwd = folder(t);
  const keeper = await startKeeper(t, cwd);
  for (const command of [[launcher], [process.execPath, program]]) {
    const [name = '', ...before] = command;
    assert.equal(
      runIn(cwd, name, [...before, 'send', '-', '--server', coaps, ...proofs, '--mid', '1'], process.env, request)
        .status,
      0,
    );
  }
  await hasOpened(keeper, 0);
});

test('a dots session that dies while it waits for an answer is reported, and nothing is sent again', async (t) => {
  const silent = createSocket('udp4').bind(0, '127.0.0.1');
  await once(silent, 'listening');
  t.after(() => silent.close());
  const senders = new Set<number>();
  silent.on('message', (_, { port }) => senders.add(port));
  const cwd = folder(t, { 'a.dots.json': request });
  for (const [command, ...before] of [
    ['/bin/sh', launcher],
    [process.execPath, program],
  ] as [string, string][]) {
    const keeper = await startKeeper(t, cwd);
    const child = spawn(
      command,
      [...before, 'send', 'a.dots.json', '--server', `coap://127.0.0.1:${silent.address().port}`, '--timeout', '600'],
      { cwd },
    );
    let said = '';
    child.stderr.on('data', (part: Buffer) => {
      said += part.toString();
    });
    await eventually(() => senders.size > 0);
    keeper.child.kill('SIGKILL');
    const [status] = (await once(child, 'close')) as [number];
    assert.deepEqual(
      [status, said],
      [3, 'dots send: The dots session of this folder did not answer. The document may have been sent.\n'],
    );
    assert.equal(senders.size, 1, 'nobody else has sent it');
    senders.clear();
  }
});

test('documents sent within one second get identifiers of their own, and those under another cuid a session of their own', async (t) => {
  const { coaps, proofs } = await secureMock(t);
  const telemetry =
    '{"ietf-dots-telemetry:telemetry": {"pre-or-ongoing-mitigation": [{"target": {"target-prefix": ["192.0.2.0/24"]}, "total-attack-traffic": [{"unit": "megabit-ps", "mid-percentile-g": "100"}]}]}}';
  const cwd = folder(t, { 'a.dots.json': telemetry, 'b.dots.json': request });
  const keeper = await startKeeper(t, cwd, '--server', coaps, ...proofs);
  const ids = Array.from(
    { length: 5 },
    () => /tmid (\d+)/.exec(sendByNode(cwd, 'a.dots.json', '--server', coaps, ...proofs).out)?.[1],
  );
  assert.equal(new Set(ids).size, 5, String(ids));
  assert.match(sendByNode(cwd, 'b.dots.json', '--server', coaps, ...proofs.slice(0, -2)).out, /^cuid [\w-]{22}, mid/m);
  await hasOpened(keeper, 2);
});

test('dots session ends at once, and dots send when its time is over, also while a server keeps silent', async (t) => {
  const silent = createSocket('udp4').bind(0, '127.0.0.1');
  await once(silent, 'listening');
  t.after(() => silent.close());
  const { proofs } = await secureMock(t);
  const server = `coaps://127.0.0.1:${silent.address().port}`;
  const opening = spawn(launcher, ['session', '--server', server, ...proofs, '--timeout', '3600'], { cwd: folder(t) });
  t.after(() => opening.kill('SIGKILL'));
  await once(silent, 'message');
  opening.kill('SIGINT');
  assert.deepEqual(await once(opening, 'close'), [0, null]);
  const cwd = folder(t, { 'a.dots.json': request });
  await startKeeper(t, cwd);
  const { status, err } = sendByNode(cwd, 'a.dots.json', '--server', server, ...proofs, '--timeout', '1');
  assert.deepEqual([status, /did not answer/.test(err)], [3, true], err);
});

test('what a session cannot be kept for is wrong usage', (t) => {
  const cwd = folder(t, {
    'dots.profiles.json':
      '{ "profiles": { "upstream": { "signal": "coap://127.0.0.1:9", "production": true, "cuid": "a" } } }',
  });
  const usage = (...words: string[]): string => {
    const { status, err } = runIn(cwd, launcher, ['session', ...words]);
    assert.equal(status, 2, err);
    return err;
  };
  assert.match(usage('a.dots.json'), /accepts? no file/);
  assert.match(
    usage('--profile', 'upstream', '--profiles', 'dots.profiles.json'),
    /production.*no session was opened.*--yes/s,
  );
  assert.match(usage('--server', 'coaps://127.0.0.1:9', '--cuid', 'a'), /Use --ca, --cert and --key/);
});

test('the launcher finds the program through links, and passes on what is not for dots session', (t) => {
  const bin = folder(t);
  symlinkSync(launcher, join(bin, 'first'));
  symlinkSync('first', join(bin, 'dots'));
  const { status, out } = runIn(bin, join(bin, 'dots'), ['--version']);
  assert.equal(status, 0);
  assert.match(out, /^dots \d/);
  assert.equal(runIn(bin, join(bin, 'dots'), ['send']).status, 2);
  assert.match(runIn(bin, '/bin/sh', ['dots', '--version']).out, /^dots \d/);
  const unbuilt = folder(t);
  copyFileSync(launcher, join(unbuilt, 'dots'));
  const said = (...[cwd, env]: [string, NodeJS.ProcessEnv?]): Run => runIn(cwd, '/bin/sh', ['dots', '--version'], env);
  assert.deepEqual(
    [said(unbuilt).status, said(unbuilt).err],
    [2, 'dots: It is not built yet: run npm run build in its folder.\n'],
  );
  const tools = folder(t);
  symlinkSync('/usr/bin/readlink', join(tools, 'readlink'));
  assert.match(said(bin, { PATH: tools }).err, /^dots: There is no Node\.js on the PATH/);
});
