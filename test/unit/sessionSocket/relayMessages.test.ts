import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DotsError } from '#dots/model/errors';
import type { KeeperSnapshot } from '#dots/signal/keeper/keeperEvents';
import {
  readRelayCall,
  readRelayLine,
  relayInput,
  relayLine,
  type RelayCall,
  type RelayLine,
} from '#dots/sessionSocket/relayMessages';

const octets = new Uint8Array([0, 0xff, 0x0a, 0xc3]);
const content = { code: '2.05', options: [{ number: 12, value: octets }], payload: octets };

test('each call is read as it was written', () => {
  const request = { method: 'PUT', path: ['a', 'b=ü'], query: ['c=a'], payload: octets, confirmable: false } as const;
  const calls: RelayCall[] = [
    { type: 'follow' },
    { type: 'open' },
    { type: 'request', request: { ...request, blocks: false, options: content.options }, timeoutMs: Infinity },
    { type: 'observe', request: { method: 'GET', path: [], confirmable: true }, timeoutMs: 10 },
  ];
  for (const call of calls) assert.deepEqual(readRelayCall(relayInput(call)), call);
});

test('each line is read as it was written, and is one line', () => {
  const error = new DotsError('usage', 'a/b', 'What\nis wrong.', 'What to do.');
  const snapshot = {
    state: 'connected',
    stateMs: 1,
    server: 's',
    cuid: 'c',
    security: { protocol: 'DTLS 1.2', cipherSuite: 'x', peerName: 'y', identity: 'z', certificate: undefined },
    configuration: {},
    isMitigating: false,
  } as unknown as KeeperSnapshot;
  const lines: RelayLine[] = [
    { type: 'session', opened: 2, snapshot: { ...snapshot, error } },
    { type: 'session', opened: 0, snapshot: { ...snapshot, error: undefined } },
    { type: 'response', response: { ...content, roundTripMs: 3, blocks: 1 } },
    { type: 'notification', content },
    { type: 'failed', error, sent: true },
  ];
  for (const line of lines) {
    const text = relayLine(line);
    assert.equal(text.indexOf('\n'), text.length - 1);
    const read = readRelayLine(text);
    assert.deepEqual(withoutAbsent(read), withoutAbsent(line));
    if (read?.type === 'failed') assert.ok(read.error instanceof DotsError && read.error.hint === error.hint);
  }
});

/** Errors compare by their words, and absent members are no difference. */
const withoutAbsent = (value: unknown): unknown =>
  JSON.parse(
    JSON.stringify(value, (_, each: unknown) =>
      each instanceof DotsError ? { code: each.code, message: each.message, hint: each.hint } : each,
    ),
  );

test('what is no line of these is left out', () => {
  for (const text of ['', 'no JSON', '{}', '{"type":"other"}', '{"type":"response"}'])
    assert.equal(readRelayLine(text), undefined, text);
});
