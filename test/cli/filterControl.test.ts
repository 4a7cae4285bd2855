import assert from 'node:assert/strict';
import { once } from 'node:events';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { decodeDocument, encodeDocument } from '#dots/cbor/codec';
import type { Message } from '#dots/coap/messages/message';
import { dotsCbor, option, textsOf } from '#dots/coap/messages/options';
import { scopesOf } from '#dots/signal/scopes';
import { peer } from '../support/coapPeer';
import { folder, request } from '../support/dots';
import { eventually } from '../support/protocol/scene';
import { runHere, type Ran } from '../support/runHere';
import { startKeeper } from '../support/sessionKeeper';

const acl = { 'acl-name': 'an-accept-list', 'activation-type': 'deactivate' };
const controlling = request.replace(
  '"lifetime"',
  `"ietf-dots-signal-control:acl-list": [${JSON.stringify(acl)}], "lifetime"`,
);
const failed = encodeDocument({
  'ietf-dots-signal-channel:mitigation-scope': { scope: [{ mid: 1, 'ietf-dots-signal-control:acl-list': [acl] }] },
});

interface Scene {
  /** The mid and whether there were ACLs, of each request that arrived. */
  asked: [mid: string, acls: boolean][];
  send(file: string, ...more: string[]): Promise<Ran>;
  /** The options that name this client. */
  own: string[];
}

/** A server that cannot change ACLs. */
async function scene(t: TestContext, maxAge = 90): Promise<Scene> {
  const asked: Scene['asked'] = [];
  const { server } = await peer(t, ({ options, payload }): Partial<Message> => {
    // A kept session asks for the configuration, and sends heartbeats.
    if (!textsOf(options, 'Uri-Path').includes('mitigate')) return { code: '4.04' };
    const hasAcls = scopesOf(decodeDocument(payload))[0]?.['ietf-dots-signal-control:acl-list'] !== undefined;
    asked.push([textsOf(options, 'Uri-Path').at(-1) ?? '', hasAcls]);
    if (!hasAcls) return { code: '2.01' };
    return { code: '5.03', payload: failed, options: [option('Content-Format', dotsCbor), option('Max-Age', maxAge)] };
  });
  const path = folder(t, {
    'a.dots.json': controlling,
    'plain.dots.json': request,
    'idle.dots.json': controlling.replace('"lifetime"', '"trigger-mitigation": false, "lifetime"'),
  });
  const own = ['--server', server, '--cuid', 'one', '--ledger', join(path, 'ledger')];
  return { asked, own, send: (file, ...more) => runHere(['send', join(path, file), ...own, ...more]) };
}

test('an initial request whose ACLs the server cannot change is sent again at once without them', async (t) => {
  const { asked, send } = await scene(t);
  const { status, out } = await send('a.dots.json');
  assert.equal(status, 0);
  const [first, second] = asked;
  assert.deepEqual([first?.[1], second?.[1], asked.length], [true, false, 2]);
  assert.notEqual(first?.[0], second?.[0], 'a new mid');
  assert.match(out, /^2\.01 /);
  assert.match(out, /could not change the ACLs an-accept-list, .* again in 90 s, under a new mid/);
});

test('the second step: where the mitigation runs, the refusal of the ACLs is the answer', async (t) => {
  const { asked, send } = await scene(t);
  assert.equal((await send('plain.dots.json')).status, 0);
  const { status, out } = await send('a.dots.json', '--format', 'json');
  assert.deepEqual([status, (JSON.parse(out) as { code: string }).code, asked.length], [1, '5.03', 2]);
});

test('the ACLs and the time are members of the JSON', async (t) => {
  const { send } = await scene(t);
  const { out } = await send('a.dots.json', '--format', 'json');
  const { failedAcls, retryAfter } = JSON.parse(out) as Record<string, unknown>;
  assert.deepEqual([failedAcls, retryAfter], [['an-accept-list'], 90]);
});

test('ACLs are not changed in idle time', async (t) => {
  const { asked, send } = await scene(t);
  const { status, err } = await send('idle.dots.json');
  assert.equal(status, 1);
  assert.match(err, /no mitigation is active \(RFC 9133 section 3\.2\.1\)/);
  assert.equal(asked.length, 0);
});

test('over a kept session the second step follows by itself after Max-Age, and is an event', async (t) => {
  const { asked, send } = await scene(t, 1);
  const keeper = await startKeeper(t, folder(t));
  const { status, out, err } = await send('a.dots.json');
  assert.equal(status, 0, err);
  assert.match(out, /In 1 s it is sent again with them, under a new mid/);
  await eventually(() => asked.length === 3);
  assert.deepEqual(
    asked.map(([, acls]) => acls),
    [true, false, true],
  );
  assert.equal(new Set(asked.map(([mid]) => mid)).size, 3, 'each under a mid of its own');
  await eventually(() => /sent to \S+ again with the ACLs an-accept-list .* and refused: 5\.03/.test(keeper.log()));
});

test('the second step is in the ledger and in the status, and a later dots session makes it', async (t) => {
  const { asked, own, send } = await scene(t, 4);
  const first = await startKeeper(t, folder(t), ...own);
  assert.equal((await send('a.dots.json')).status, 0);
  const [, , , , ...ledger] = own;
  const controls = async (words: string[]): Promise<unknown> =>
    Object.values(JSON.parse((await runHere([...words, '--format', 'json'])).out) as Record<string, unknown>)
      .flat()
      .flatMap((each) => (each as { controls?: { acls: string[] }[] }).controls ?? [])
      .map(({ acls }) => acls);
  assert.deepEqual(await controls(['session', 'status']), [['an-accept-list']]);
  first.child.kill('SIGKILL');
  await once(first.child, 'close');
  assert.deepEqual(await controls(['ledger', ...ledger]), [['an-accept-list']]);
  assert.match((await runHere(['ledger', ...ledger])).out, /is sent again with the ACLs an-accept-list at 20/);
  assert.equal(asked.length, 2);
  const next = await startKeeper(t, folder(t), ...own);
  await eventually(() => asked.length === 3);
  await eventually(() => /again with the ACLs an-accept-list/.test(next.log()));
  assert.deepEqual(await controls(['ledger', ...ledger]), []);
});
