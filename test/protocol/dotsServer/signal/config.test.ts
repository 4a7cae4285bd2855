import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeDocument, encodeDocument } from '#dots/cbor/codec';
import type { CoapResponse } from '#dots/coap/endpoint';
import { dotsCbor, uintOf } from '#dots/coap/messages/options';
import type { JsonObject } from '#dots/model/json';
import { bareClient, textOf } from '../../../support/protocol/bareClient';
import { openSession, startOrchestrator } from '../../../support/protocol/scene';

test('heartbeats are answered with an empty 2.04', async (t) => {
  const session = await openSession(t, (await startOrchestrator(t)).signal);
  const answer = await session.send({ 'ietf-dots-signal-channel:heartbeat': { 'peer-hb-status': true } });
  assert.deepEqual([answer.code, answer.payload, answer.request.path], ['2.04', undefined, '/.well-known/dots/hb']);
});

test('a session configuration is offered, negotiated and reset', async (t) => {
  const ask = await bareClient(t, (await startOrchestrator(t)).signal);
  const configure = (sid: number, set: JsonObject): Promise<CoapResponse> =>
    ask({
      method: 'PUT',
      path: ['config', `sid=${sid}`],
      contentFormat: dotsCbor,
      payload: encodeDocument({ 'ietf-dots-signal-channel:signal-config': { 'mitigating-config': set } }),
    });
  const interval = async (...path: string[]): Promise<unknown> => {
    const response = await ask({ path: ['config', ...path] });
    const body = decodeDocument(response.payload)['ietf-dots-signal-channel:signal-config'] as {
      'mitigating-config': JsonObject;
    };
    assert.ok((uintOf(response.options, 'Max-Age') ?? 0) > 0);
    return body['mitigating-config']['heartbeat-interval'];
  };
  assert.deepEqual(await interval(), { 'max-value': 240, 'min-value': 15, 'current-value': 30 });
  assert.equal(
    (
      await configure(5, {
        'heartbeat-interval': { 'current-value': 60 },
        'ack-timeout': { 'current-value-decimal': '3.00' },
      })
    ).code,
    '2.01',
  );
  assert.deepEqual(await interval('sid=5'), { 'max-value': 240, 'min-value': 15, 'current-value': 60 });
  assert.equal((await configure(5, { 'heartbeat-interval': { 'current-value': 0 } })).code, '2.04');
  const outside = await configure(6, { 'heartbeat-interval': { 'current-value': 5 } });
  assert.deepEqual(
    [outside.code, /heartbeat-interval.*15.*240.*RFC 9132 section 4\.5\.2/.test(textOf(outside))],
    ['4.22', true],
  );
  assert.equal((await configure(4, { 'heartbeat-interval': { 'current-value': 60 } })).code, '4.00');
  assert.equal((await ask({ path: ['config', 'sid=6'] })).code, '4.04');
  assert.equal((await ask({ method: 'DELETE', path: ['config'] })).code, '2.02');
  assert.equal((await ask({ path: ['config', 'sid=5'] })).code, '4.04');
});
