import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatPrefix } from '#dots/model/prefix';
import type { TrafficClass } from '#dots/model/trafficClass';
import { blockedFlows } from '#dots/orchestrator/offload/blockedFlows';
import type { BlockedFlow } from '#dots/orchestrator/offload/flows';
import { dms, network } from '../../../support/dmsScene';
import { prefixOf } from '../../../support/world';

/** What a DMS blocks after a second in which a class arrives at it. */
function blocked(members: Partial<TrafficClass>): BlockedFlow[] {
  const system = dms({ stops: ['ntp-amplification', 'syn-flood', 'udp-flood'], divert: { by: 'bgp', seconds: 0 } });
  const { world } = network([system]);
  world.addClass({
    name: 'x',
    kind: 'attack',
    to: '192.0.2.10',
    enters: { 'transit-1': 1 },
    rate: 1_000_000,
    ...members,
  });
  world.divert(system.name, prefixOf('192.0.2.0/24'));
  world.step();
  return blockedFlows(world.arrivalsAt(system.name), system.stops);
}

test('a reflection attack is one flow for each reflector, with the port of its service', () => {
  const flows = blocked({ vector: 'ntp-amplification', sources: { prefix: '203.0.113.0/24', count: 4 } });
  assert.equal(flows.length, 4);
  for (const { source, sourcePort, targetPort, protocol, rate } of flows) {
    assert.match(source === undefined ? '' : formatPrefix(source), /^203\.0\.113\.\d+\/32$/);
    assert.deepEqual([sourcePort, targetPort, protocol, rate], [123, undefined, 17, 250_000]);
  }
});

test('a flood is one flow without a source, with the port of the target where it has one', () => {
  const [syn] = blocked({ vector: 'syn-flood' });
  assert.deepEqual([syn?.source, syn?.sourcePort, syn?.targetPort, syn?.rate], [undefined, undefined, 443, 1_000_000]);
  const [udp] = blocked({ vector: 'udp-flood' });
  assert.deepEqual([udp?.source, udp?.sourcePort, udp?.targetPort], [undefined, undefined, undefined]);
});

test('what the DMS does not stop, and legitimate traffic, is not blocked', () => {
  assert.deepEqual(blocked({ vector: 'dns-amplification' }), []);
  assert.deepEqual(blocked({ kind: 'legitimate' }), []);
});
