import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { noBytes } from '#dots/coap/messages/message';
import { dotsCbor } from '#dots/coap/messages/options';
import { defaultPolicy } from '#dots/dotsServer/state/policy';
import { documentTypeOf } from '#dots/model/documents';
import type { JsonObject } from '#dots/model/json';
import { documentRequest } from '#dots/signal/documentRequest';
import { ace, acl, acls } from '../../support/protocol/dataScene';
import { bareClient, type BareRequest } from '../../support/protocol/bareClient';
import { rawData } from '../../support/protocol/rawData';
import { openSession, protect, scopesOf, startOrchestrator } from '../../support/protocol/scene';
import { Random } from '../../support/random';
import { root } from '../../support/shared';

/** How many requests on each channel, and the seed; `npm run fuzz` sets other ones. */
const requests = Number(process.env.DOTS_FUZZ_REQUESTS ?? 400);
const seed = Number(process.env.DOTS_FUZZ_SEED ?? 14);

const unlimited = { requestsPerSecond: 1e9, entriesPerClient: 1e6, entriesPerCuid: 1e6, entries: 1e6 };
const policy = { ...defaultPolicy, limits: { ...defaultPolicy.limits, ...unlimited } };

const documents = readdirSync(join(root, 'examples'))
  .filter((name) => name.endsWith('.dots.json') && !name.startsWith('first-draft'))
  .map((name) => JSON.parse(readFileSync(join(root, 'examples', name), 'utf8')) as JsonObject);
/** What a client sends with each document of the signal channel. */
const originals = documents
  .filter((document) => documentTypeOf(document)?.channel === 'signal')
  .map((document) => documentRequest(document, { cuid: 'fuzz', id: 1 }));

/** Changes a few octets: other ones, fewer, or some twice. */
function mutated(octets: Uint8Array, random: Random): Uint8Array {
  let all = [...octets];
  for (let change = random.below(4); change > 0; change -= 1) {
    const at = random.below(all.length + 1);
    const length = random.below(8);
    const middle = [[random.below(256)], [], all.slice(at, at + 2 * length)][random.below(3)] ?? [];
    all = [...all.slice(0, at), ...middle, ...all.slice(at + length)];
  }
  return Uint8Array.from(all.slice(0, 60_000));
}

const text = (words: string, random: Random): string =>
  Buffer.from(mutated(Buffer.from(words), random)).toString('utf8');

function signalRequest(random: Random): BareRequest {
  const { path, method, payload = noBytes } = random.pick(originals);
  const names = path.slice(2).map((name) => (random.below(8) === 0 ? text(name, random) : name));
  const other = random.pick([method, method, method, 'GET', 'DELETE', 'POST'] as const);
  return { method: other, path: names, payload: mutated(payload, random), contentFormat: dotsCbor };
}

test('changed requests on the signal channel change nothing of another client, and none is an internal error', async (t) => {
  const orchestrator = await startOrchestrator(t, { policy });
  const honest = await openSession(t, orchestrator.signal, 'honest');
  assert.equal((await honest.requestMitigation(protect('2001:db8:ffff::/48'), 1)).code, '2.01');
  const ask = await bareClient(t, orchestrator.signal);
  const random = new Random(seed);
  const codes = new Map<string, number>();
  for (let count = 0; count < requests; count += 1) {
    const request = signalRequest(random);
    const { code } = await ask(request);
    codes.set(code, (codes.get(code) ?? 0) + 1);
    assert.notEqual(
      code,
      '5.00',
      JSON.stringify({ ...request, payload: Buffer.from(request.payload ?? []).toString('hex') }),
    );
  }
  assert.ok(
    ['2.01', '4.00', '4.04', '4.05'].every((code) => codes.has(code)),
    JSON.stringify([...codes]),
  );
  const status = await honest.status(1);
  assert.deepEqual([status.code, scopesOf(status.body)[0]?.['target-prefix']], ['2.05', ['2001:db8:ffff::/48']]);
});

const module = (name: string): string => `ietf-dots-data-channel:${name}`;
const aclDocument = JSON.stringify(acls(acl('a', ace('one', 53))));

function dataRequest(random: Random): [method: string, path: string, body: string] {
  const path = random.pick(['', '/dots-client=fuzz', '/dots-client=fuzz/acls', '/dots-client=fuzz/acls/acl=a']);
  const client = JSON.stringify({ [module('dots-client')]: [{ cuid: 'fuzz' }] });
  const body = text(random.pick([client, aclDocument, JSON.stringify(random.pick(documents))]), random);
  const changed = random.below(3) === 0 ? encodeURI(text(path, random)).replace(/[#?]/g, '') : path;
  return [random.pick(['PUT', 'PUT', 'POST', 'PATCH', 'GET', 'DELETE']), changed, body];
}

test('changed requests on the data channel change nothing of another cuid, and none is an internal error', async (t) => {
  const orchestrator = await startOrchestrator(t, { policy });
  const send = rawData(t, orchestrator);
  const own = '/dots-client=honest';
  assert.equal((await send('POST', '', JSON.stringify({ [module('dots-client')]: [{ cuid: 'honest' }] }))).status, 201);
  assert.equal((await send('PUT', `${own}/acls`, aclDocument)).status, 201);
  const before = (await send('GET', `${own}/acls`)).text;
  const random = new Random(seed);
  const seen = new Map<number, number>();
  for (let count = 0; count < requests; count += 1) {
    const request = dataRequest(random);
    const { status = 0 } = await send(...request);
    seen.set(status, (seen.get(status) ?? 0) + 1);
    assert.notEqual(status, 500, JSON.stringify(request));
  }
  assert.ok(
    [201, 204, 400, 404].every((status) => seen.has(status)),
    JSON.stringify([...seen]),
  );
  assert.equal((await send('GET', `${own}/acls`)).text, before);
});
