import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { DotsServer } from '#dots/dotsServer/listeners/dotsServer';
import { isObject, itemsOf, type JsonObject } from '#dots/model/json';
import { InBandLinks } from '#dots/orchestrator/dms/inBandChannel';
import { MitigationSystems } from '#dots/orchestrator/dms/mitigationSystems';
import type { TrafficClass } from '#dots/model/trafficClass';
import { attacked, dms, network, quiet, States, type TestNetwork } from '../../support/dmsScene';
import { eventually, temporaryFolder } from '../../support/protocol/scene';
import { TestMitigator } from '../../support/testMitigator';

interface OffloadScene {
  net: TestNetwork;
  systems: MitigationSystems;
  /** Passes seconds until something has come true. */
  until(holds: () => boolean): Promise<void>;
  scopes(): JsonObject[];
  acls(): JsonObject[];
  log: string[];
  end: () => void;
}

const attack = (members: Partial<TrafficClass>): TrafficClass => ({
  name: 'dns',
  kind: 'attack',
  vector: 'dns-amplification',
  to: '192.0.2.10',
  sources: { prefix: '203.0.113.0/24', count: 3 },
  enters: { 'transit-1': 1 },
  rate: 3_000_000_000,
  ...members,
});

/** A DMS of 1 Gbit/s that carries out a mitigation and asks for offload above 0.9. */
async function offloadScene(t: TestContext, path: string | undefined, traffic: TrafficClass[]): Promise<OffloadScene> {
  const described = dms({
    capacity: 1_000_000_000,
    stops: ['dns-amplification', 'ntp-amplification', 'syn-flood'],
    offloadAbove: 0.9,
    divert: { by: 'bgp', seconds: 0 },
  });
  const net = network([described]);
  for (const each of traffic) net.world.addClass(each);
  const log: string[] = [];
  const stateDir = await temporaryFolder(t);
  const links = new InBandLinks(net.world);
  const server = await DotsServer.start(new TestMitigator(), {
    stateDir,
    clients: [{ name: 'scrubber-1', offloads: true }],
    wire: (channel, client) => (path !== undefined && client === 'scrubber-1' ? links.channel(channel, path) : channel),
    log: (line) => log.push(line),
  });
  const systems = await MitigationSystems.open({
    policy: { dms: [described], quiet },
    network: net,
    log: (line) => log.push(line),
  });
  t.after(async () => {
    await systems.close();
    await server.close();
  });
  const states = new States();
  const scrubbing = systems.start('scrubber-1', { id: '1 web', scope: attacked('192.0.2.10/32') }, states.take);
  systems.resumed();
  systems.offload((name) => {
    const files = server.files.clients.get(name);
    assert.ok(files);
    const { coaps, coapsTcp, data } = server.addresses;
    return { signal: coaps ?? coapsTcp, data, files, cuid: files.cuid, path };
  });
  const until = (holds: () => boolean): Promise<void> =>
    eventually(() => {
      net.pass(1);
      return holds();
    });
  return {
    net,
    systems,
    until,
    log,
    scopes: () => server.snapshot().mitigations.map(({ scope }) => scope),
    acls: () => server.snapshot().clients.flatMap(({ acls }) => acls.map(({ value }) => value)),
    end: () => scrubbing.end(),
  };
}

const entries = (acls: JsonObject[]): JsonObject[] =>
  acls.flatMap(({ aces }) => (isObject(aces) ? itemsOf(aces.ace).filter(isObject) : []));

test('out-of-band a DMS above its limit installs an ACL with each reflector, and removes it at the end', async (t) => {
  const { until, acls, scopes, end } = await offloadScene(t, undefined, [attack({})]);
  await until(() => acls().length > 0);
  assert.equal(entries(acls()).length, 3);
  assert.equal(acls()[0]?.['activation-type'], 'immediate');
  assert.match(JSON.stringify(acls()), /"source-ipv4-network":"203\.0\.113\.\d+\/32".*"port":53/);
  assert.deepEqual(scopes(), []);
  end();
  await until(() => acls().length === 0);
});

test('in-band with few reflectors a DMS asks by source-prefix and source-port', async (t) => {
  const { until, scopes, acls, end, log } = await offloadScene(t, 'transit-2', [attack({})]);
  await until(() => scopes().length > 0);
  const [scope] = scopes();
  assert.equal(itemsOf(scope?.['ietf-dots-call-home:source-prefix']).length, 3);
  assert.deepEqual(scope?.['ietf-dots-call-home:source-port-range'], [{ 'lower-port': 53 }]);
  assert.deepEqual(acls(), []);
  end();
  await until(() => log.some((line) => /^mitigation .*: dots-client-withdrawn-mitigation/.test(line)));
});

test('in-band with many reflectors by source-port alone, without a flood by its port', async (t) => {
  const many = { prefix: '203.0.113.0/24', count: 200 };
  const flood = attack({ name: 'syn', vector: 'syn-flood', rate: 400_000_000 });
  const { until, scopes, acls } = await offloadScene(t, 'transit-2', [attack({ sources: many }), flood]);
  await until(() => scopes().length > 0 && acls().length > 0);
  const [scope] = scopes();
  assert.equal(scope?.['ietf-dots-call-home:source-prefix'], undefined);
  assert.deepEqual(scope?.['ietf-dots-call-home:source-port-range'], [{ 'lower-port': 53 }]);
  // The second vector does not fit into the request: it is an ACL, since the link lets the data channel pass.
  assert.match(
    JSON.stringify(entries(acls())),
    /"tcp":\{"destination-port-range-or-operator":\{"operator":"eq","port":443\}\}/,
  );
});

test('over a link that loses most, the request arrives and what does not fit is reported', async (t) => {
  const many = { prefix: '203.0.113.0/24', count: 200 };
  const flood = attack({ name: 'syn', vector: 'syn-flood', rate: 400_000_000 });
  const load = attack({ name: 'load', to: '198.51.100.1', enters: { 'transit-2': 1 }, rate: 20_000_000_000 });
  const { net, until, scopes, acls, log } = await offloadScene(t, 'transit-2', [
    attack({ sources: many }),
    flood,
    load,
  ]);
  net.pass(1);
  assert.equal(net.world.lossOf('transit-2'), 0.5);
  assert.equal(net.world.dataChannelPasses('transit-2'), false);
  await until(() => scopes().length > 0);
  assert.deepEqual(acls(), []);
  assert.ok(log.some((line) => /not offloaded: syn-flood to 192\.0\.2\.10\/32/.test(line)));
});
