import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DotsError } from '#dots/model/errors';
import { sessionWords, type SessionFacts } from '#dots/words/sessions';

const none: SessionFacts = {
  state: 'never-reached',
  stateMs: 0,
  security: undefined,
  heardMs: undefined,
  roundTripMs: undefined,
  error: undefined,
  nextAttemptMs: undefined,
};
const error = new DotsError('unreachable', 'transport/expired', 'The certificate has expired.', 'Renew it.');
const security = { protocol: 'DTLS 1.2', cipherSuite: 'S', peerName: 'dots.example.net', identity: 'x' };

test('the state of a kept session in one line', () => {
  const cases: [Partial<SessionFacts>, string][] = [
    [{}, 'never reached.'],
    [{ state: 'connecting' }, 'connecting.'],
    [
      { state: 'refused', error, nextAttemptMs: 300_000 },
      'refused: The certificate has expired. Renew it. Next attempt in 5 min.',
    ],
    [
      { state: 'connected', security, heardMs: 3_200, roundTripMs: 12.4 },
      'connected, over DTLS 1.2 (S), verified: dots.example.net, last heard 3 s ago, round trip 12 ms.',
    ],
    [{ state: 'connected', heardMs: 0 }, 'connected, over plain CoAP, last heard 0 s ago.'],
    [
      { state: 'not-responding', stateMs: 120_000, nextAttemptMs: 60_000 },
      'not responding for 2 min. Next attempt in 1 min.',
    ],
    [{ state: 'closed', stateMs: 1 }, 'closed.'],
  ];
  for (const [facts, words] of cases) assert.equal(sessionWords({ ...none, ...facts }), words);
});
