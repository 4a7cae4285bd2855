import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { SignalSession } from '#dots/signal/session';
import type { ClientCredentials } from '#dots/transport/certificates/credentials';
import { needTool } from '../../support/tools';
import { needDtls } from '../../support/protocol/dtlsScene';
import {
  armoury,
  bracketed,
  clientCredentials,
  harmed,
  labs,
  loopbacks,
  lossyPath,
  proofs,
  timeoutMs,
  together,
  type Lab,
  type Loopback,
  type Proof,
} from '../../support/protocol/lossyScene';
import { eventually, portOf, request, scopesOf } from '../../support/protocol/scene';

/** What a client asked for, and whether it has withdrawn it: mid, prefixes, withdrawn. */
function book({ orchestrator }: Lab, cuid: string): unknown[] {
  return orchestrator
    .mitigations()
    .filter((each) => each.cuid === cuid)
    .map(({ mid, scope, status }) => [mid, scope['target-prefix'], status === 5])
    .sort();
}

/**
 * So many prefixes that neither the request nor its status fits in one datagram: both go in blocks, any of which may be
 * lost.
 */
const manyPrefixes = (subnet: number): string[] =>
  Array.from({ length: 150 }, (_, host) => `2001:db8:${subnet.toString(16)}::${(host + 1).toString(16)}/128`);

/** Asks for a mitigation and looks at it. */
async function mitigation(session: SignalSession, mid: number, prefixes: string[]): Promise<void> {
  const { code } = await session.requestMitigation(request({ 'target-prefix': prefixes, lifetime: 3600 }), mid, {
    timeoutMs,
    blocks: true,
  });
  // 2.04, where the answer to an earlier copy was lost.
  assert.match(code, /^2\.0[14]$/);
  assert.deepEqual(scopesOf((await session.status(mid, { timeoutMs })).body)[0]?.['target-prefix'], prefixes);
}

/**
 * Observes a mitigation from its first state until it was notified twice of a later one; the states never go
 * back, though older notifications may come later.
 */
async function observation(session: SignalSession, mid: number): Promise<void> {
  const heard: unknown[] = [];
  const stop = await session.observe(mid, ({ body }) => heard.push(scopesOf(body)[0]?.status), { timeoutMs });
  const [first, later] = ['attack-mitigation-in-progress', 'attack-successfully-mitigated'];
  // Notifications may be lost: the server tells the status again and again (RFC 9132 section 4.4.2.1).
  await eventually(() => heard.filter((each) => each === later).length >= 2);
  stop();
  const before = heard.indexOf(later);
  assert.deepEqual(
    heard,
    heard.map((_, index) => (index < before ? first : later)),
  );
}

/**
 * Asks for two mitigations at once and observes one of them, withdraws the other, and finds each of its requests done
 * as if it had arrived once.
 */
async function mitigations(
  t: TestContext,
  all: Lab,
  server: string,
  credentials: ClientCredentials | undefined,
  subnet: number,
): Promise<void> {
  const cuid = `client ${subnet}`;
  const session = await SignalSession.open({ server, cuid, credentials, timeoutMs });
  t.after(() => session.close());
  const asked = [[`192.0.2.${subnet}/32`], manyPrefixes(subnet)] as const;
  await Promise.all([
    mitigation(session, 1, [...asked[0]]).then(() => observation(session, 1)),
    mitigation(session, 2, [...asked[1]])
      .then(() => session.withdraw(2, { timeoutMs }))
      .then(({ code }) => assert.equal(code, '2.02')),
  ]);
  assert.equal(scopesOf((await session.status(undefined, { timeoutMs })).body).length, 2);
  assert.deepEqual(book(all, cuid), [
    [1, asked[0], false],
    [2, asked[1], true],
  ]);
}

interface Pair {
  proof: Proof | 'none';
  host: Loopback;
  seed: number;
}

/** By them, every kind of harm befalls each pair. */
const seeds = [
  { seed: 7, host: loopbacks[0] },
  { seed: 2, host: loopbacks[1] },
  { seed: 8, host: loopbacks[0] },
];
const pairs: Pair[] = seeds.flatMap(({ seed, host }) =>
  (['none', ...proofs] as const).map((proof) => ({ proof, seed, host })),
);

test('our client and the orchestrator, over a path that loses, delays, reorders and repeats', together, async (t) => {
  if (!needTool(t, 'openssl', 'openssl') || !needDtls(t)) return;
  const arms = await armoury(t);
  const labOf = await labs(t, arms);
  await Promise.all(
    pairs.map(({ proof, host, seed }, index) =>
      t.test(`${proof === 'none' ? 'coap' : `coaps, ${proof}`}, ${host}, seed ${seed}`, async (t) => {
        const all = labOf(proof, host);
        const { signal = '', coaps = '' } = all.orchestrator;
        const relay = await lossyPath(t, host, portOf(proof === 'none' ? signal : coaps), seed);
        const server = `${proof === 'none' ? 'coap' : 'coaps'}://${bracketed(host)}:${relay.port}`;
        await mitigations(t, all, server, proof === 'none' ? undefined : clientCredentials(arms, proof), index + 1);
        await harmed(relay);
      }),
    ),
  );
});
