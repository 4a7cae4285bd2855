import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { decodeDocument, encodeDocument } from '#dots/cbor/codec';
import { Endpoint, type CoapResponse } from '#dots/coap/endpoint';
import { dotsCbor } from '#dots/coap/messages/options';
import type { CoapRequest } from '#dots/coap/request';
import type { JsonObject } from '#dots/model/json';
import { SignalService } from '#dots/dotsServer/signal/signalService';
import { defaultPolicy as policy } from '#dots/dotsServer/state/policy';
import { Clients } from '#dots/dotsServer/state/clients';
import { Holdings } from '#dots/dotsServer/state/holdings';
import { ClientQuota } from '#dots/dotsServer/state/clientQuota';
import { CuidClaims } from '#dots/dotsServer/state/cuidClaims';
import { RequestTurns } from '#dots/dotsServer/state/requestTurns';
import { ServerState } from '#dots/dotsServer/state/serverState';
import { FakeClock, settle } from '../../support/protocol/fakeClock';
import { wire } from '../../support/protocol/fakeNetwork';
import { protect, scopesOf } from '../../support/protocol/scene';
import { TestMitigator } from '../../support/testMitigator';

const path = ['.well-known', 'dots', 'mitigate', 'cuid=c', 'mid=1'];
const patience = { timeoutMs: 10_000 };

interface Scene {
  clock: FakeClock;
  mitigator: TestMitigator;
  log: string[];
  client: Endpoint;
  ask: (method: CoapRequest['method'], document?: JsonObject) => Promise<CoapResponse>;
}

/** A server with the test's mitigator, and a client on a wire in memory. */
async function open(t: TestContext): Promise<Scene> {
  const clock = new FakeClock();
  const mitigator = new TestMitigator();
  const log: string[] = [];
  const state = await ServerState.open({ clock, policy, mitigator });
  const clients = new Clients();
  const holdings = new Holdings(clients, state);
  const claims = new CuidClaims(state, clients);
  const service = new SignalService({
    state,
    mitigator: {},
    clients,
    claims,
    quota: new ClientQuota(holdings, policy.limits),
    turns: new RequestTurns(clients, policy.limits, clock),
    clock,
    policy,
    log: (line) => log.push(line),
  });
  const [near, far] = wire(clock);
  service.accept(far);
  const client = new Endpoint(near, { clock });
  t.after(async () => {
    await client.close();
    service.close();
    await state.close();
    assert.equal(clock.pending, 0, 'no timer is left');
  });
  const ask: Scene['ask'] = (method, document) =>
    client.request(
      {
        method,
        path,
        confirmable: true,
        ...(document && { payload: encodeDocument(document), contentFormat: dotsCbor }),
      },
      patience,
    );
  return { clock, mitigator, log, client, ask };
}

const statusIn = (response: Pick<CoapResponse, 'payload'>): unknown =>
  scopesOf(decodeDocument(response.payload))[0]?.status;

test('a status that the mitigator reports late reaches GET and an observer', async (t) => {
  const { clock, mitigator, log, client, ask } = await open(t);
  assert.equal((await ask('PUT', protect('192.0.2.0/24'))).code, '2.01', 'the client does not wait for the mitigator');
  const heard: unknown[] = [];
  await client.observe({ method: 'GET', path, confirmable: true }, patience, (response) =>
    heard.push(statusIn(response)),
  );
  await clock.advance(1_000_000);
  assert.equal(statusIn(await ask('GET')), 'attack-mitigation-in-progress', 'the server makes nothing up meanwhile');
  assert.deepEqual([...new Set(heard)], ['attack-mitigation-in-progress']);

  mitigator.reports[0]?.(2, clock.now());
  await clock.advance(3_000);
  assert.equal(statusIn(await ask('GET')), 'attack-successfully-mitigated');
  assert.equal(heard.at(-1), 'attack-successfully-mitigated');

  mitigator.reports[0]?.(4, clock.now());
  await clock.advance(3_000);
  assert.equal(heard.at(-1), 'attack-exceeded-capability');
  assert.deepEqual(
    log.filter((line) => line.startsWith('mitigation')).map((line) => line.replace(/.*: /, '')),
    ['attack-mitigation-in-progress', 'attack-successfully-mitigated', 'attack-exceeded-capability'],
  );
});

test('a withdrawal of the mitigator (7) reaches the observer, then the mitigation is removed', async (t) => {
  const { clock, mitigator, client, ask } = await open(t);
  await ask('PUT', protect('192.0.2.0/24'));
  const heard: unknown[] = [];
  await client.observe({ method: 'GET', path, confirmable: true }, patience, (response) =>
    heard.push(response.code === '2.05' ? statusIn(response) : response.code),
  );
  await clock.advance(4_000);
  mitigator.reports[0]?.(7, clock.now());
  await clock.advance(20_000);
  assert.deepEqual(heard.slice(-2), ['attack-mitigation-withdrawn', '4.04']);
  assert.deepEqual(mitigator.calls, ['start 1', 'end 1']);
  assert.equal((await ask('PUT', protect('192.0.2.0/24'))).code, '2.01', 'the same mid may be requested again');
});

test('GET shows the counters of the mitigator at that moment, and none while it knows none', async (t) => {
  const { mitigator, ask } = await open(t);
  await ask('PUT', protect('192.0.2.0/24'));
  const dropped = async (): Promise<unknown> =>
    scopesOf(decodeDocument((await ask('GET')).payload))[0]?.['pkts-dropped'];
  assert.equal(await dropped(), undefined);
  mitigator.counters = { bytes: 3000, pkts: 2, bps: 300, pps: 1 };
  assert.equal(await dropped(), '2');
});

test('the mitigator hears of a refresh, an efficacy update, a withdrawal and a new request before the end', async (t) => {
  const { clock, mitigator, ask } = await open(t);
  await ask('PUT', protect('192.0.2.0/24'));
  mitigator.reports[0]?.(3, clock.now());
  await ask('PUT', protect('192.0.2.0/24', { lifetime: 7200 }));
  await ask('PUT', protect('192.0.2.0/24', { 'attack-status': 'under-attack' }));
  assert.equal((await ask('DELETE')).code, '2.02');
  mitigator.atChange = (report) => report(2, clock.now());
  assert.equal((await ask('PUT', protect('192.0.2.0/24'))).code, '2.04');
  assert.equal(statusIn(await ask('GET')), 'attack-successfully-mitigated', 'it may report its status at once');
  await ask('DELETE');
  await clock.advance(240_000);
  await settle();
  assert.deepEqual(mitigator.calls, [
    'start 1',
    'change 1 3 -> 3',
    'change 1 3 -> 3, under-attack',
    'change 1 3 -> 5',
    'change 1 5 -> 1',
    'change 1 2 -> 5',
    'end 1',
  ]);
});
