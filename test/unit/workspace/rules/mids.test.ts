import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judge, request } from '../../../support/crossScene';

test('one mid for two documents; an efficacy update keeps the mid of its request, and a status is no request', () => {
  const target = (last: number): object => request({ 'target-prefix': [`192.0.2.${last}/32`] });
  const efficacy = request({ 'target-prefix': ['192.0.2.1/32'], 'attack-status': 'under-attack' });
  const status = request({ 'target-prefix': ['192.0.2.1/32'], mid: 12, status: 'attack-successfully-mitigated' });
  const { found, findings } = judge(
    { 'a.json': target(1), 'b.json': target(2), 'c.json': efficacy, 'd.json': status },
    { files: [{ path: '*', mid: 12 }] },
  );
  assert.deepEqual(found, [['b.json', 'cross/double-mid', 'error', '/scope/0']]);
  assert.deepEqual(
    findings[0]?.finding.related?.map(({ file }) => file),
    ['a.json'],
  );
  const refresh = { 'target-prefix': ['192.0.2.9/24'], lifetime: 7200, 'trigger-mitigation': true };
  const pair = (more: object): string[] =>
    judge(
      { 'a.json': request({ 'target-prefix': ['192.0.2.0/24'] }), 'b.json': request({ ...refresh, ...more }) },
      { files: [{ path: '*', mid: 12 }] },
    ).found.map(([, code]) => code);
  assert.deepEqual(pair({}), []);
  assert.deepEqual(pair({ 'target-protocol': [6] }), ['cross/double-mid']);
});

test('a mid near its end, and one far from it', () => {
  const files = [
    { path: 'a.json', mid: 3_221_225_471 },
    { path: 'b.json', mid: 3_221_225_470 },
    { path: 'c.json', mid: 4_000_000_000 },
  ];
  const config = {
    'ietf-dots-signal-channel:signal-config': { 'idle-config': { 'heartbeat-interval': { 'current-value': 30 } } },
  };
  const documents = {
    'a.json': request({ 'target-prefix': ['192.0.2.1/32'] }),
    'b.json': request({ 'target-prefix': ['198.51.100.1/32'] }),
    'c.json': config,
  };
  assert.deepEqual(judge(documents, { files }).found, [['a.json', 'cross/late-mid', 'warning', '']]);
});

test('an efficacy update with other targets than its request', () => {
  const files = [{ path: '*', mid: 7 }];
  const documents = (prefix: string): Record<string, object> => ({
    'a.json': request({ 'target-prefix': ['192.0.2.1/32', '192.0.2.9/32'] }),
    'b.json': request({ 'target-prefix': ['192.0.2.9/32', prefix], 'attack-status': 'under-attack' }),
  });
  assert.deepEqual(judge(documents('192.0.2.1/32'), { files }).found, []);
  assert.deepEqual(judge(documents('192.0.2.2/32'), { files }).found, [
    ['b.json', 'cross/efficacy-differs', 'error', '/scope/0'],
  ]);
  const pair = (one: object, other: object): string[] =>
    judge(
      { 'a.json': request(one), 'b.json': request({ ...other, 'attack-status': 'under-attack' }) },
      { files },
    ).found.map(([, code]) => code);
  const original = {
    'target-prefix': ['2001:db8::/32', '192.0.2.0/24'],
    'target-fqdn': ['www.example.com'],
    'target-uri': ['https://www.example.com/A'],
    'target-protocol': [6, 17],
    'target-port-range': [{ 'lower-port': 80 }, { 'lower-port': 90, 'upper-port': 99 }],
  };
  const respelled = {
    'target-prefix': ['192.0.2.7/24', '2001:DB8:0::/32'],
    'target-fqdn': ['WWW.example.com'],
    'target-uri': ['HTTPS://www.EXAMPLE.com/A'],
    'target-protocol': [17, 6],
    'target-port-range': [
      { 'lower-port': 90, 'upper-port': 99 },
      { 'lower-port': 80, 'upper-port': 80 },
    ],
  };
  assert.deepEqual(pair(original, respelled), []);
  const others = [
    { 'target-uri': ['https://www.example.com/a'] },
    { 'target-protocol': [6] },
    { 'target-port-range': [{ 'lower-port': 80, 'upper-port': 81 }] },
  ];
  for (const changed of others)
    assert.deepEqual(pair(original, { ...respelled, ...changed }), ['cross/efficacy-differs']);
});
