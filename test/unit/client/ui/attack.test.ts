import assert from 'node:assert/strict';
import { test } from 'node:test';
import { check } from '#dots/check/check';
import { attackRequest, readAttack } from '../../../../client/src/ui/attack';

test('addresses and prefixes, in lines, with commas and semicolons, each once', () => {
  const { targets, unknown } = readAttack('192.0.2.10, 192.0.2.0/25;2001:db8::1\n192.0.2.10 203.0.113.9/24');
  assert.deepEqual(targets, ['192.0.2.10/32', '192.0.2.0/25', '2001:db8::1/128', '203.0.113.0/24']);
  assert.deepEqual(unknown, []);
});

test('of a flow the right side is attacked; protocols and source ports are those of all flows', () => {
  const attack = readAttack('udp 198.51.100.7:53 -> 192.0.2.10:4000\n17 [2001:db8:1::7]:123 -> [2001:db8::1]:80');
  assert.deepEqual(attack, {
    targets: ['192.0.2.10/32', '2001:db8::1/128'],
    protocols: [17],
    sourcePorts: [53, 123],
    unknown: [],
  });
});

test('where one line names no protocol or no port, the request is not limited to those of the others', () => {
  const attack = readAttack('udp 198.51.100.7:53 -> 192.0.2.10\n198.51.100.8 -> 192.0.2.11');
  assert.deepEqual([attack.protocols, attack.sourcePorts], [[], []]);
  assert.deepEqual(readAttack('udp 198.51.100.7:53 -> 192.0.2.10; 203.0.113.1').protocols, []);
});

test('what is not understood is returned as it was written, and the rest is used', () => {
  const { targets, unknown } = readAttack(
    'help 192.0.2.1 192.0.2.999 foo 1.2.3.4 -> x\nudp 192.0.2.1:99999 -> 192.0.2.2',
  );
  assert.deepEqual(targets, []);
  assert.deepEqual(unknown, ['help 192.0.2.1 192.0.2.999 foo 1.2.3.4 -> x', 'udp 192.0.2.1:99999 -> 192.0.2.2']);
  assert.deepEqual(readAttack('help 192.0.2.1').unknown, ['help']);
});

test('the request that follows is free of errors', () => {
  const attack = readAttack('udp 198.51.100.7:53 -> 192.0.2.10:4000');
  const request = attackRequest(attack, 3600);
  assert.deepEqual(
    check(request).faults.filter(({ severity }) => severity === 'error'),
    [],
  );
  assert.deepEqual(request, {
    'ietf-dots-signal-channel:mitigation-scope': {
      scope: [
        {
          'target-prefix': ['192.0.2.10/32'],
          'target-protocol': [17],
          'ietf-dots-call-home:source-port-range': [{ 'lower-port': 53 }],
          lifetime: 3600,
        },
      ],
    },
  });
});
