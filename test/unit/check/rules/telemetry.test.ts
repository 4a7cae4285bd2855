import { links, pipe, setup, testCases, tm } from '../../../support/checkCases';

testCases([
  [
    'a telemetry setup of nothing',
    { 'ietf-dots-telemetry:telemetry-setup': { telemetry: [{}] } },
    ['rfc/setup-empty@ietf-dots-telemetry:telemetry-setup'],
  ],
  [
    'two kinds of telemetry setup',
    {
      'ietf-dots-telemetry:telemetry-setup': {
        telemetry: [{ 'current-config': { 'low-percentile': '5.00' } }, { baseline: [{ id: 1 }] }],
      },
    },
    ['rfc/one-setup-kind@telemetry'],
  ],
  ['all links at zero', pipe('0'), ['rfc/all-pipes-zero@total-pipe-capacity']],
  ['telemetry about nothing', tm({}), ['rfc/target-missing@0']],
  ['telemetry about an empty target', tm({ target: {} }), ['rfc/target-missing@target']],
  [
    'a link in two units of a class',
    links(
      { 'link-id': 'link1', unit: 'megabit-ps', capacity: '500' },
      { 'link-id': 'link1', unit: 'kilobit-ps', capacity: '5' },
    ),
    ['rfc/one-unit-per-class@unit'],
  ],
  [
    'links in units of two classes',
    links(
      { 'link-id': 'link1', unit: 'megabit-ps', capacity: '500' },
      { 'link-id': 'link1', unit: 'kilopacket-ps', capacity: '5' },
      { 'link-id': 'link2', unit: 'gigabit-ps', capacity: '1' },
    ),
    [],
  ],
  [
    'a capacity in too small a unit',
    links({ 'link-id': 'link1', unit: 'megabit-ps', capacity: '10000' }),
    ['advice/unit-scale@unit'],
  ],
  [
    'a unit that replaces another one',
    links(
      { 'link-id': 'link1', unit: 'megabit-ps', capacity: '0' },
      { 'link-id': 'link1', unit: 'gigabit-ps', capacity: '1' },
      { 'link-id': 'link1', unit: 'kilobit-ps', capacity: '0' },
    ),
    [],
  ],
  ['an empty telemetry configuration', setup({}), ['rfc/setup-empty@current-config']],
  [
    'baselines of what can be no target',
    {
      'ietf-dots-telemetry:telemetry-setup': {
        telemetry: [
          {
            baseline: [{ id: 1, 'target-prefix': ['127.0.0.1/32', '192.0.2.1/24'], 'target-uri': ['https://[::1]/'] }],
          },
        ],
      },
    },
    ['advice/host-bits@1', 'rfc/forbidden-prefix@0', 'rfc/forbidden-prefix@0'],
  ],
  [
    'telemetry of what can be no target',
    tm({ target: { 'target-prefix': ['ff02::1/128'], 'target-fqdn': ['224.0.0.1'] } }),
    ['rfc/forbidden-prefix@0', 'rfc/forbidden-prefix@0'],
  ],
  ['a capacity of one larger unit', links({ 'link-id': 'link1', unit: 'megabit-ps', capacity: '1000' }), []],
]);
