import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect } from 'node:net';
import { copyFileSync, existsSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { faulty, folder, request, startMock, type Run } from '../support/dots';
import { eventually, freePort } from '../support/protocol/scene';
import {
  hasOpened,
  keeperSocket,
  launcher,
  program,
  runIn,
  secureMock,
  sendByNode,
  startKeeper,
  ways,
} from '../support/sessionKeeper';
import { needTool } from '../support/tools';

test('documents of any folder go over the session that dots session keeps, without Node.js and without another handshake', async (t) => {
  if (!needTool(t, 'curl', 'curl')) return;
  const { coaps, proofs } = await secureMock(t);
  const cwd = folder(t, { 'a.dots.json': request, 'faulty.dots.json': faulty });
  const keeper = await startKeeper(t, folder(t), '--server', coaps, ...proofs);
  assert.deepEqual(keeper.ready, { version: 1, event: 'ready', socket: keeperSocket() });
  for (const path of [keeperSocket(), dirname(keeperSocket())])
    assert.equal(statSync(path).mode & 0o077, 0, `nobody else may open ${path}`);
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
  await hasOpened(keeper, 1);
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
  assert.equal(existsSync(keeperSocket()), false);
  assert.match(sent().out, /^2\.01 /);
  const second = await startKeeper(t, cwd);
  second.child.kill('SIGKILL');
  await once(second.child, 'close');
  assert.equal(existsSync(keeperSocket()), true);
  assert.match(sent().out, /^2\.04 /);
  assert.match(
    runIn(cwd, process.execPath, [program, 'send', 'a.dots.json', '--server', coaps, ...proofs, '--mid', '1']).out,
    /^2\.04 /,
  );
  const third = await startKeeper(t, cwd);
  assert.equal(sent().status, 0);
  await hasOpened(third, 1);
});

test('a second dots session hands its server to the running one, of several that start at once one remains, and stop ends it', async (t) => {
  const { coaps, proofs } = await secureMock(t);
  const starts = Array.from({ length: 4 }, () => spawn(launcher, ['session'], { cwd: folder(t) }));
  t.after(() => starts.forEach((child) => child.kill('SIGKILL')));
  const said = starts.map(() => '');
  for (const [index, child] of starts.entries())
    child.stderr.on('data', (part: Buffer) => {
      said[index] += part.toString();
    });
  const ended: (number | null)[] = [];
  for (const child of starts) child.once('close', (status) => ended.push(status));
  await eventually(() => ended.length === 3);
  assert.deepEqual(ended, [0, 0, 0], said.join(''));
  const [running] = starts.filter(({ exitCode }) => exitCode === null);
  const pid = running?.pid ?? 0;
  assert.equal(said.filter((text) => text === `dots session: Process ${pid} is already running.\n`).length, 3);
  const second = runIn(folder(t), launcher, ['session', '--server', coaps, ...proofs]);
  assert.deepEqual(
    [second.status, second.err],
    [0, `dots session: Process ${pid} is already running. It also keeps the session with ${coaps} as kept.\n`],
  );
  const cwd = folder(t, { 'a.dots.json': request });
  assert.match(
    sendByNode(cwd, 'a.dots.json', '--server', coaps, ...proofs, '--mid', '1').out,
    /that dots session keeps/,
  );
  const stopped = runIn(cwd, launcher, ['session', 'stop']);
  assert.deepEqual([stopped.status, stopped.err], [0, `dots session: Process ${pid} ends.\n`]);
  await eventually(() => ended.length === 4);
  assert.deepEqual([ended[3], existsSync(keeperSocket())], [0, false]);
  assert.deepEqual(runIn(cwd, launcher, ['session', 'stop']).err, 'dots session: None is running.\n');
});

test('what a command means is decided where it is typed: its folder, its profiles, its environment and its --yes', async (t) => {
  const { signal } = await startMock(t);
  const profiles = (name: string, extra: object): string =>
    JSON.stringify({ profiles: { [name]: { signal, cuid: `of-${name}`, ...extra } } });
  await startKeeper(t, folder(t));
  for (const [name, send] of ways(t)) {
    const one = folder(t, { 'a.dots.json': request, 'p.json': profiles('lab', {}) });
    const other = folder(t, { 'a.dots.json': faulty, 'p.json': profiles('lab', { production: true }) });
    const words = ['a.dots.json', '--profiles', 'p.json', '--mid', '1'];
    process.env.DOTS_PROFILE = 'lab';
    t.after(() => delete process.env.DOTS_PROFILE);
    assert.match(send(one, ...words).out, /dots session keeps\nprofile lab, cuid of-lab, mid 1\n/, name);
    delete process.env.DOTS_PROFILE;
    assert.match(send(one, ...words).err, /--server is missing/, name);
    assert.match(send(other, ...words, '--profile', 'lab').err, /production.*--yes/, name);
    assert.match(send(other, ...words, '--profile', 'lab', '--yes').err, /^a\.dots\.json:.*not sent/s, name);
    writeFileSync(join(other, 'a.dots.json'), request);
    assert.equal(send(other, ...words, '--profile', 'lab', '--yes').status, 0, name);
    assert.match(send(other, ...words, '--profile', 'lab').err, /production.*--yes/, 'as before, each time');
    const ledger = runIn(one, launcher, ['ledger', '--ledger', join(one, 'own')], process.env);
    assert.doesNotMatch(ledger.out, /of-lab/);
    assert.equal(send(one, ...words, '--profile', 'lab', '--ledger', 'own').status, 0, name);
    assert.match(runIn(one, launcher, ['ledger', '--ledger', join(one, 'own')]).out, /of-lab/, name);
  }
});

test('status, refresh, config and withdraw go over the kept session too', async (t) => {
  const { coaps, proofs } = await secureMock(t);
  const cwd = folder(t, { 'a.dots.json': request });
  const keeper = await startKeeper(t, cwd);
  const at = ['--server', coaps, ...proofs];
  for (const [name, , run] of ways(t)) {
    assert.equal(run(cwd, 'send', 'a.dots.json', ...at).status, 0, name);
    assert.match(run(cwd, 'status', ...at).out, /mid \d+ .*192\.0\.2\.0\/24/, name);
    assert.match(run(cwd, 'refresh', ...at).out, /granted/, name);
    assert.equal(run(cwd, 'config', ...at).status, 0, name);
    assert.match(run(cwd, 'withdraw', 'a.dots.json', ...at).out, /confirmed the withdrawal/, name);
  }
  await hasOpened(keeper, 1);
});

test('a question is asked where the command was typed', async (t) => {
  if (!needTool(t, 'script', 'bsdutils')) return;
  const { coaps, proofs } = await secureMock(t);
  const cwd = folder(t, { 'a.dots.json': request });
  const keeper = await startKeeper(t, cwd);
  const at = ['--server', coaps, ...proofs];
  assert.equal(sendByNode(cwd, 'send', 'a.dots.json', ...at).status, 2);
  assert.equal(sendByNode(cwd, 'a.dots.json', ...at).status, 0);
  for (const [answer, status] of [
    ['n', 2],
    ['yes', 0],
  ] as const) {
    // A terminal of its own: script(1) runs the command in one.
    const { out, status: ended } = runIn(
      cwd,
      'script',
      ['-qec', [launcher, 'withdraw', '--all', ...at].join(' '), '/dev/null'],
      process.env,
      `${answer}\n`,
    );
    assert.match(out, /Withdraw all mitigations at 127\.0\.0\.1:\d+\? \[y\/N\]/);
    assert.equal(ended, status, out);
  }
  await hasOpened(keeper, 1);
});

test('a dots session that hangs is bypassed, and what its callers gave up is not sent later', async (t) => {
  const { coaps, proofs } = await secureMock(t);
  const cwd = folder(t, { 'a.dots.json': request });
  const keeper = await startKeeper(t, cwd);
  keeper.child.kill('SIGSTOP');
  const words = ['send', 'a.dots.json', '--server', coaps, ...proofs, '--mid', '1'];
  const ends = [spawn(launcher, words, { cwd }), spawn(process.execPath, [program, ...words], { cwd })].map(
    async (child) => {
      let said = '';
      child.stderr.on('data', (part: Buffer) => {
        said += part.toString();
      });
      return [...((await once(child, 'close')) as [number]), said];
    },
  );
  const bypassed = 'dots send: dots session does not respond; the command continues over a separate session.\n';
  assert.deepEqual(await Promise.all(ends), Array(2).fill([0, null, bypassed]));
  keeper.child.kill('SIGCONT');
  const quiet = connect(keeperSocket());
  t.after(() => quiet.destroy());
  await once(quiet, 'connect');
  assert.match(sendByNode(cwd, 'a.dots.json', '--server', coaps, ...proofs, '--mid', '1').out, /dots session keeps/);
  await hasOpened(keeper, 1);
  keeper.child.kill('SIGTERM');
  assert.deepEqual(
    await once(keeper.child, 'close'),
    [0, null],
    'a connected process that requests nothing does not delay it',
  );
});

test('where curl is killed the document is sent over a separate session', async (t) => {
  const { signal } = await startMock(t);
  const cwd = folder(t, { 'a.dots.json': request });
  await startKeeper(t, cwd);
  const bin = folder(t);
  writeFileSync(join(bin, 'curl'), '#!/bin/sh\ncat > /dev/null\nkill -TERM $$\n', { mode: 0o755 });
  const env = { ...process.env, PATH: `${bin}:${process.env.PATH ?? ''}` };
  const { status, out, err } = runIn(cwd, '/bin/sh', [launcher, 'send', 'a.dots.json', '--server', signal], env);
  assert.equal(status, 0, err);
  assert.match(err, /does not respond; the command continues over a separate session/);
  assert.doesNotMatch(out, /dots session keeps/);
});

test('a document on standard input goes over the kept session', async (t) => {
  const { coaps, proofs } = await secureMock(t);
  const cwd = folder(t);
  const keeper = await startKeeper(t, cwd);
  for (const command of [[launcher], [process.execPath, program]]) {
    const [name = '', ...before] = command;
    const words = [...before, 'send', '-', '--server', coaps, ...proofs, '--mid', '1'];
    const { status, out } = runIn(cwd, name, words, process.env, request);
    assert.deepEqual([status, /dots session keeps/.test(out)], [0, true], out);
  }
  await hasOpened(keeper, 1);
});

test('a dots session that dies while it waits for an answer is bypassed: the request is repeated under its mid', async (t) => {
  const server = createSocket('udp4').bind(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const mids = new Map<number, Set<string>>();
  server.on('message', (datagram, { port }) => {
    const mid = /mid=\d+/.exec(datagram.toString('latin1'))?.[0];
    if (mid !== undefined) mids.set(port, (mids.get(port) ?? new Set()).add(mid));
  });
  const address = `coap://127.0.0.1:${server.address().port}`;
  const cwd = folder(t, { 'a.dots.json': request });
  for (const [command, ...before] of [
    ['/bin/sh', launcher],
    [process.execPath, program],
  ] as [string, string][]) {
    mids.clear();
    const keeper = await startKeeper(t, cwd);
    const child = spawn(command, [...before, 'send', 'a.dots.json', '--server', address, '--timeout', '600'], { cwd });
    t.after(() => child.kill('SIGKILL'));
    await eventually(() => mids.size === 1);
    keeper.child.kill('SIGKILL');
    await eventually(() => mids.size === 2);
    assert.equal(new Set([...mids.values()].flatMap((each) => [...each])).size, 1, 'the same mid');
  }
});

test('a request whose command is interrupted ends in dots session too', async (t) => {
  const server = createSocket('udp4').bind(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const cwd = folder(t, { 'a.dots.json': request });
  await startKeeper(t, cwd);
  const words = ['a.dots.json', '--server', `coap://127.0.0.1:${server.address().port}`, '--timeout', '600'];
  const child = spawn(process.execPath, [program, 'send', ...words], { cwd });
  let said = '';
  child.stderr.on('data', (part: Buffer) => {
    said += part.toString();
  });
  const [asked, { port }] = (await once(server, 'message')) as [Buffer, { port: number }];
  child.kill('SIGINT');
  assert.deepEqual(await once(child, 'close'), [3, null]);
  assert.match(said, /^dots send: .* was cancelled before it was answered\. .*dots withdraw \d+/);
  // The next command shows that the keeper has handled the end of the connection.
  assert.match(sendByNode(cwd, 'missing.dots.json').err, /no such file/);
  const token = asked.subarray(4, 4 + (asked[0]! & 15));
  server.send(Buffer.concat([Buffer.from([0x40 | token.length, 0x44, 0x12, 0x34]), token]), port, '127.0.0.1');
  let answer: Buffer;
  do [answer] = (await once(server, 'message')) as [Buffer];
  while (answer.readUInt16BE(2) !== 0x1234);
  assert.equal((answer[0]! >> 4) & 3, 3, 'a reset (RFC 7252 section 4.2): nothing waits for an answer');
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
