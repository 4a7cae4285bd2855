import { config, payloads, redirect, session, testCases } from '../../../support/checkCases';

testCases([
  ['a configuration of nothing', config({}), ['rfc/config-empty@ietf-dots-signal-channel:signal-config']],
  [
    'a configuration of parameters without a value',
    config({ 'ack-timeout': {}, 'max-retransmit': {} }),
    ['rfc/config-empty@ietf-dots-signal-channel:signal-config'],
  ],
  [
    'a parameter without a value beside another',
    config({ 'ack-timeout': {}, 'max-retransmit': { 'current-value': 3 } }),
    [],
  ],
  ['probing at rate 0', config({ 'probing-rate': { 'current-value': 0 } }), ['advice/probing-rate@current-value']],
  ['probing at the default rate', config({ 'probing-rate': { 'current-value': 5 } }), []],
  [
    'a redirect of Call Home to an address',
    redirect({ 'ietf-dots-call-home:alt-ch-client': '192.0.2.1' }),
    ['rfc/redirect-name@ietf-dots-call-home:alt-ch-client'],
  ],
  ['a redirect to the machine itself', redirect({ 'alt-server': 'localhost' }), ['rfc/redirect-name@alt-server']],
  [
    'heartbeats too often',
    config({ 'heartbeat-interval': { 'current-value': 5 } }),
    ['advice/heartbeat-interval@current-value'],
  ],
  ['heartbeats turned off', config({ 'heartbeat-interval': { 'current-value': 0 } }), []],
  [
    'a value outside its bounds',
    config({ 'max-retransmit': { 'min-value': 2, 'max-value': 15, 'current-value': 16 } }),
    ['rfc/outside-bounds@current-value'],
  ],
  ['a redirect to nowhere', redirect({}), ['rfc/redirect-missing@ietf-dots-signal-channel:redirected-signal']],
  [
    'a redirect of both kinds',
    redirect({ 'alt-server': 'a.example', 'ietf-dots-call-home:alt-ch-client': 'b.example' }),
    ['rfc/redirect-both@ietf-dots-call-home:alt-ch-client'],
  ],
  [
    'a redirect with records of the other kind',
    redirect({ 'alt-server': 'a.example', 'ietf-dots-call-home:alt-ch-client-record': ['192.0.2.1'] }),
    [
      'rfc/redirect-both@ietf-dots-call-home:alt-ch-client-record',
      'yang/missing-member@ietf-dots-signal-channel:redirected-signal',
    ],
  ],
  [
    'a redirect of Call Home',
    redirect({ 'ietf-dots-call-home:alt-ch-client': 'b.example', 'ietf-dots-call-home:ttl': 60 }),
    [],
  ],
  ['two numbers of payloads', session(payloads(10), payloads(9)), ['rfc/max-payloads-differ@current-value']],
  ['one number of payloads', session(payloads(10), payloads(10)), []],
]);
