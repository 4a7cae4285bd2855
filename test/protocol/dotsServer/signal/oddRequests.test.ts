import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeDocument } from '#dots/cbor/codec';
import { noBytes } from '#dots/coap/messages/message';
import { dotsCbor, option } from '#dots/coap/messages/options';
import { bareClient, type BareRequest, textOf } from '../../../support/protocol/bareClient';
import { figure7, startOrchestrator } from '../../../support/protocol/scene';

const hb = encodeDocument({ 'ietf-dots-signal-channel:heartbeat': { 'peer-hb-status': true } });

const oddRequests: [string, BareRequest, string][] = [
  ['another path', { path: ['nothing'] }, '4.04'],
  ['a method the resource lacks', { method: 'POST', path: ['mitigate', 'cuid=c', 'mid=1'] }, '4.05'],
  ['GET of hb', { path: ['hb'] }, '4.05'],
  ['no Content-Format', { method: 'PUT', path: ['hb'], payload: hb }, '4.15'],
  ['another Content-Format', { method: 'PUT', path: ['hb'], payload: hb, contentFormat: 60 }, '4.15'],
  ['another Accept', { path: ['config'], accept: 50 }, '4.06'],
  [
    'a cuid where none belongs',
    { method: 'PUT', path: ['hb', 'cuid=c'], payload: hb, contentFormat: dotsCbor },
    '4.00',
  ],
  [
    'a body of another kind',
    { method: 'PUT', path: ['mitigate', 'cuid=c', 'mid=1'], payload: hb, contentFormat: dotsCbor },
    '4.00',
  ],
  [
    'a body that is no CBOR',
    { method: 'PUT', path: ['mitigate', 'cuid=c', 'mid=1'], payload: Buffer.from('{'), contentFormat: dotsCbor },
    '4.00',
  ],
  [
    'an empty body',
    { method: 'PUT', path: ['mitigate', 'cuid=c', 'mid=1'], payload: noBytes, contentFormat: dotsCbor },
    '4.00',
  ],
  [
    'an unknown comprehension-required key',
    { method: 'PUT', path: ['hb'], payload: Buffer.from('a1187fa0', 'hex'), contentFormat: dotsCbor },
    '4.00',
  ],
  [
    'no mid',
    { method: 'PUT', path: ['mitigate', 'cuid=c'], payload: encodeDocument(figure7), contentFormat: dotsCbor },
    '4.00',
  ],
  ['no cuid', { path: ['mitigate'] }, '4.00'],
  ['an empty cuid', { path: ['mitigate', 'cuid='] }, '4.00'],
  ['mid before cuid', { path: ['mitigate', 'mid=1', 'cuid=c'] }, '4.00'],
  ['a mid beyond 32 bits', { path: ['mitigate', 'cuid=c', 'mid=4294967296'] }, '4.00'],
  ['DELETE without a mid', { method: 'DELETE', path: ['mitigate', 'cuid=c'] }, '4.00'],
  ['a bad query', { path: ['mitigate', 'cuid=c'], query: ['c=x'] }, '4.00'],
  [
    'a foreign cdid, which is ignored',
    {
      method: 'PUT',
      path: ['mitigate', 'cdid=x', 'cuid=c', 'mid=1'],
      payload: encodeDocument(figure7),
      contentFormat: dotsCbor,
    },
    '2.01',
  ],
  ['an unknown critical option', { path: ['config'], options: [{ number: 65_001, value: noBytes }] }, '4.02'],
  [
    'If-None-Match',
    { method: 'PUT', path: ['hb'], payload: hb, contentFormat: dotsCbor, options: [option('If-None-Match', noBytes)] },
    '4.02',
  ],
];

test('odd requests get the answers of RFC 9132 section 9', async (t) => {
  const ask = await bareClient(t, (await startOrchestrator(t)).signal);
  for (const [what, odd, code] of oddRequests) {
    const response = await ask(odd);
    assert.equal(response.code, code, `${what}: ${textOf(response)}`);
    if (code.startsWith('4')) assert.match(textOf(response), /RFC \d+|critical option/, what);
  }
});
