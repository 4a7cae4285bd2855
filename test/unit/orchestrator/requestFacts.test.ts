import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonObject } from '#dots/model/json';
import { requestFacts, type ReceivedTelemetry } from '#dots/orchestrator/requestFacts';
import { policyOf } from '#dots/workspace/policy/policy';

const policy = policyOf({
  clients: [{ name: 'collector-a', role: 'telemetry', watches: ['transit-1'] }],
  links: [{ name: 'transit-1', capacity: 10_000_000_000, 'link-id': 'link1' }],
});

const telemetry = (client: string, kind: 'tsid' | 'tmid', body: JsonObject): ReceivedTelemetry =>
  ({ client, kind, body, cuid: client, owner: client, at: 0 }) as unknown as ReceivedTelemetry;

const load = telemetry('collector-a', 'tmid', {
  'pre-or-ongoing-mitigation': [
    {
      target: { 'target-prefix': ['192.0.2.0/24'] },
      'total-traffic': [{ unit: 'gigabit-ps', 'peak-g': '4' }],
    },
  ],
});

const pipe = (id: string): ReceivedTelemetry =>
  telemetry('web-1', 'tsid', {
    telemetry: [{ 'total-pipe-capacity': [{ 'link-id': id, capacity: '5', unit: 'gigabit-ps' }] }],
  });

const loadOf = (all: ReceivedTelemetry[]): number | undefined =>
  requestFacts(
    { 'target-prefix': ['192.0.2.1/32'] },
    {
      ...{ client: 'web-1', role: 'customer' as const, policy, telemetry: all, now: 0 },
    },
  ).linkLoads.get('transit-1')?.value;

test('the load of a link is a share of what a client reports for its link-id, else of what the policy says', () => {
  assert.equal(loadOf([load]), 0.4);
  assert.equal(loadOf([load, pipe('link1')]), 0.8);
  assert.equal(loadOf([load, pipe('another')]), 0.4);
});
