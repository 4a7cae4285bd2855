import { request, setup, telemetry, pipe, update, type RfcRule } from './documents';

/** Rules of class `rfc` for the telemetry. */
export const telemetryRules: readonly RfcRule[] = [
  {
    code: 'telemetry-outside-update',
    section: '9244 9.1',
    rule: 'a client sends mitigation telemetry in efficacy updates',
    violates: request({ 'ietf-dots-telemetry:attack-detail': [{ 'vendor-id': 32473, 'attack-id': 1 }] }),
    keeps: request({ ...update, 'ietf-dots-telemetry:attack-detail': [{ 'vendor-id': 32473, 'attack-id': 1 }] }),
  },
  {
    code: 'setup-empty',
    section: '9244 7.1.2',
    rule: 'a telemetry setup sets something',
    violates: setup({ 'current-config': {} }),
    keeps: setup({ 'current-config': { 'low-percentile': '5.00' } }),
  },
  {
    code: 'one-setup-kind',
    section: '9244 7',
    rule: 'one request sets up one kind of telemetry',
    violates: setup({ 'current-config': { 'low-percentile': '5.00' }, 'total-pipe-capacity': [pipe('bit-ps', '1')] }),
    keeps: setup({ 'total-pipe-capacity': [pipe('bit-ps', '1')] }),
  },
  {
    code: 'percentile-range',
    section: '9244 11.1',
    rule: 'a percentile is at most 100',
    violates: setup({ 'current-config': { 'high-percentile': '100.01' } }),
    keeps: setup({ 'current-config': { 'high-percentile': '100.00' } }),
  },
  {
    code: 'sample-interval',
    section: '9244 11.1',
    rule: 'a sample is shorter than the interval',
    violates: setup({ 'current-config': { 'measurement-interval': '5-minutes', 'measurement-sample': '5-minutes' } }),
    keeps: setup({ 'current-config': { 'measurement-interval': '5-minutes', 'measurement-sample': 'minute' } }),
  },
  {
    code: 'one-unit-per-class',
    section: '9244 7.2',
    rule: 'one unit of each class',
    violates: setup({ 'total-pipe-capacity': [pipe('megabit-ps', '1'), pipe('gigabit-ps', '1')] }),
    keeps: setup({ 'total-pipe-capacity': [pipe('megabit-ps', '1'), pipe('packet-ps', '1')] }),
  },
  {
    code: 'all-pipes-zero',
    section: '9244 7.2.1',
    rule: 'not every link is set to 0',
    violates: setup({ 'total-pipe-capacity': [pipe('bit-ps', '0')] }),
    keeps: setup({ 'total-pipe-capacity': [pipe('bit-ps', '1')] }),
  },
  {
    code: 'telemetry-empty',
    section: '9244 8.1.1',
    rule: 'telemetry of a server has more than a target',
    direction: 'status',
    violates: telemetry({ target: { 'target-prefix': ['192.0.2.0/24'] } }),
    keeps: telemetry({
      target: { 'target-prefix': ['192.0.2.0/24'] },
      'total-traffic': [{ unit: 'bit-ps', 'peak-g': '1' }],
    }),
  },
];
