import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { DotsServer } from '#dots/dotsServer/listeners/dotsServer';
import type { JsonObject } from '#dots/model/json';
import { MitigationSystems } from '#dots/orchestrator/dms/mitigationSystems';
import { PolicyMitigator } from '#dots/orchestrator/policyMitigator';
import { rulesInForce } from '#dots/orchestrator/rulesInForce';
import { systemClock } from '#dots/runtime/clock';
import { SignalSession } from '#dots/signal/session';
import { readCredentials } from '#dots/transport/certificates/credentialFiles';
import { policyOf, type Policy } from '#dots/workspace/policy/policy';
import { eventually, protect, scopesOf } from '../../support/protocol/scene';

const dms = (name: string, members: JsonObject): JsonObject => ({
  name,
  place: 'inside',
  carries: ['transit-1'],
  capacity: 4_000_000_000,
  stops: ['dns-amplification'],
  divert: { by: 'flowspec-redirect', 'route-target': '64500:1' },
  reinject: { by: 'direct' },
  ...members,
});

/** A customer, a scrubber that nodes redirect to, and a provider that BGP diverts to. */
const policy = (members: JsonObject = {}): Policy =>
  policyOf({
    clients: [
      { name: 'web-1', 'own-prefixes': ['192.0.2.0/24'] },
      { name: 'scrubber-1', role: 'dms' },
    ],
    links: [{ name: 'transit-1', capacity: 10_000_000_000 }],
    nodes: [{ name: 'edge-1', links: ['transit-1'], rules: 100 }],
    dms: [dms('scrubber-1', {}), dms('provider-b', { divert: { by: 'bgp', seconds: 1 } })],
    strategies: [
      { name: 'offload', when: { role: ['dms'] }, filter: ['edge-1'] },
      { name: 'scrub', use: ['scrubber-1', 'provider-b'] },
    ],
    traffic: [
      {
        name: 'dns',
        kind: 'attack',
        vector: 'dns-amplification',
        to: '192.0.2.10',
        sources: { prefix: '203.0.113.0/24', count: 5 },
        rate: 3_000_000_000,
      },
      { name: 'web', kind: 'legitimate', to: '192.0.2.10', rate: 100_000_000 },
    ],
    ...members,
  });

interface Scene {
  systems: MitigationSystems;
  customer: SignalSession;
  log: string[];
  /** The rules that are in force on the node, as text. */
  rules(): string[];
  /** The last decision. */
  decision(): string;
  acls(): JsonObject[];
}

async function scene(t: TestContext, described: Policy): Promise<Scene> {
  const log: string[] = [];
  const note = (line: string): void => void log.push(line);
  const mitigator = new PolicyMitigator({ policy: described, clock: systemClock, log: note });
  const systems = await MitigationSystems.open({ policy: described, network: mitigator.network, log: note });
  mitigator.scrubbers = systems;
  const server = await DotsServer.start(mitigator, {
    clients: described.clients.map(({ name, ownPrefixes, role }) => ({ name, ownPrefixes, offloads: role === 'dms' })),
    log: note,
  });
  const { coaps, coapsTcp, data } = server.addresses;
  const signal = coaps ?? coapsTcp;
  systems.offload((name) => {
    const proof = server.files.clients.get(name);
    return proof && { signal, data, files: proof, cuid: proof.cuid, path: undefined };
  });
  const files = server.files.clients.get('web-1') ?? assert.fail('no certificate');
  const credentials = await readCredentials(signal, files);
  const customer = await SignalSession.open({ server: signal, cuid: files.cuid, credentials });
  t.after(async () => {
    await customer.close();
    await server.close();
    await systems.close();
    mitigator.close();
  });
  return {
    systems,
    customer,
    log,
    rules: () => rulesInForce(server.snapshot(), 'edge-1').rules.map(({ text }) => text),
    decision: () => server.decisions().at(-1)?.reason ?? '',
    acls: () => server.snapshot().clients.flatMap(({ acls }) => acls.map(({ value }) => value)),
  };
}

async function scopeOf(session: SignalSession): Promise<JsonObject> {
  return scopesOf((await session.status(1)).body)[0] ?? {};
}

const udp = protect('192.0.2.10/32', { 'target-protocol': [17] });

test('a request goes to a DMS over DTLS: nodes redirect and discard nothing, status and counters come back', async (t) => {
  const { rules, decision, customer, log } = await scene(t, policy());
  assert.equal((await customer.requestMitigation(udp, 1)).code, '2.01');
  await eventually(async () => (await scopeOf(customer)).status === 'attack-successfully-mitigated');
  await eventually(async () => Number((await scopeOf(customer))['bytes-dropped']) > 0);
  assert.equal(rules().length, 1);
  assert.match(rules()[0] ?? '', /redirect.*64500:1/);
  assert.doesNotMatch(rules()[0] ?? '', /discard/);
  assert.match(decision(), /^scrubber-1, not provider-b/);
  assert.match(log.join('\n'), /scrubber-1: .* PUT .*mid=\d+: 2\.01/);
});

test('a DMS that refuses: the next one takes over by BGP, without a rule on a node', async (t) => {
  const { systems, rules, decision, customer } = await scene(t, policy());
  systems.setFault('scrubber-1', 'refuses');
  assert.equal((await customer.requestMitigation(udp, 1)).code, '2.01');
  await eventually(async () => (await scopeOf(customer)).status === 'attack-successfully-mitigated');
  assert.match(decision(), /provider-b.*scrubber-1 excluded \(refuses/);
  assert.deepEqual(rules(), []);
});

test('where no DMS is left the client sees status 7', async (t) => {
  const { systems, customer } = await scene(t, policy());
  for (const name of ['scrubber-1', 'provider-b']) systems.setFault(name, 'refuses');
  assert.equal((await customer.requestMitigation(udp, 1)).code, '2.01');
  await eventually(async () =>
    ['attack-mitigation-withdrawn', undefined].includes((await scopeOf(customer)).status as string | undefined),
  );
});

test('a DMS above its limit has the nodes drop what it blocks, and nothing else', async (t) => {
  const { rules, acls, customer } = await scene(
    t,
    policy({
      dms: [dms('scrubber-1', { capacity: 1_000_000_000, 'offload-above': 0.9 })],
      strategies: [
        { name: 'offload', when: { role: ['dms'] }, filter: ['edge-1'] },
        { name: 'scrub', use: ['scrubber-1'] },
      ],
    }),
  );
  assert.equal((await customer.requestMitigation(udp, 1)).code, '2.01');
  await eventually(() => acls().length > 0);
  const discards = rules().filter((text) => text.includes('discard'));
  assert.ok(discards.length > 0);
  for (const text of discards)
    assert.match(text, /^dst 192\.0\.2\.10\/32, src [\d.]+\/32, udp, src port 53 -> discard$/);
});
