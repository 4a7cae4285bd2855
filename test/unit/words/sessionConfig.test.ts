import assert from 'node:assert/strict';
import { test } from 'node:test';
import { currencyWords, sessionConfigLines } from '#dots/words/sessionConfig';
import { telemetryLines, telemetrySetupLines } from '#dots/words/telemetry';

test('a configuration in lines: both sets, integers and decimals, members of RFC 9362, and what a server leaves out', () => {
  const lines = sessionConfigLines({
    'mitigating-config': {
      'heartbeat-interval': { 'max-value': 240, 'min-value': 15, 'current-value': 30 },
      'ack-timeout': { 'max-value-decimal': '30.00', 'min-value-decimal': '1.00', 'current-value-decimal': '2.00' },
      'ietf-dots-robust-trans:max-payloads': { 'current-value': 10 },
      'vendor:other': { 'max-value': 2, 'min-value': 1 },
      broken: null,
    },
    'idle-config': {},
  });
  assert.deepEqual(lines, [
    'mitigating-config, while a mitigation is active:',
    '  heartbeat-interval: 30 s, allowed 15 to 240 s, the time between two heartbeats; 0 switches them off',
    '  ack-timeout: 2.00 s, allowed 1.00 to 30.00 s, the time until its first repetition',
    '  max-payloads: 10, no range, blocks of a body that are sent in one go',
    '  other: no value, allowed 1 to 2',
    'idle-config, in idle time:',
  ]);
});

test('how long it is current: the borders of Max-Age, and 60 s without one (RFC 9132 section 4.5.3)', () => {
  assert.match(currencyWords(0), /read it again before each use/);
  assert.match(currencyWords(2 ** 32 - 1), /until the server reports a change/);
  assert.match(currencyWords(86_400), /86400 s \(1 d\)/);
  assert.equal(currencyWords(undefined), currencyWords(60));
});

test('telemetry in lines: the number, the targets and the members of each entry', () => {
  const entry = { tmid: 5, target: { 'target-prefix': ['192.0.2.0/24'] }, 'attack-detail': [] };
  assert.deepEqual(telemetryLines({ 'pre-or-ongoing-mitigation': [entry, {}, null] }), [
    'tmid 5  192.0.2.0/24  attack-detail',
    'tmid without a number',
  ]);
  assert.deepEqual(telemetrySetupLines({ 'max-config-values': {}, telemetry: [{ tsid: 1, 'current-config': {} }] }), [
    'tsid 1  current-config',
    'The server accepts: max-config-values (below).',
  ]);
});
