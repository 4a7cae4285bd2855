import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeDocument, encodeDocument } from '#dots/cbor/codec';
import { etagOf } from '#dots/coap/blockwise';
import { noBytes } from '#dots/coap/messages/message';
import { option } from '#dots/coap/messages/options';
import { bareClient, type BareRequest, put, textOf } from '../../../support/protocol/bareClient';
import { figure7, scopesOf, startOrchestrator } from '../../../support/protocol/scene';

const hb = encodeDocument({ 'ietf-dots-signal-channel:heartbeat': { 'peer-hb-status': true } });

const setup = encodeDocument({
  'ietf-dots-telemetry:telemetry-setup': {
    telemetry: [{ 'current-config': { 'measurement-interval': 'hour', 'measurement-sample': 'minute' } }],
  },
});

const interval = encodeDocument({
  'ietf-dots-signal-channel:signal-config': { 'mitigating-config': { 'heartbeat-interval': { 'current-value': 60 } } },
});

const otherVersion = option('If-Match', Buffer.from('other'));

const anyVersion = option('If-Match', noBytes);

test('If-Match: nothing is done when no version matches, on any resource', async (t) => {
  const ask = await bareClient(t, (await startOrchestrator(t)).signal);
  const [mitigation, config, telemetry] = [
    ['mitigate', 'cuid=c', 'mid=1'],
    ['config', 'sid=1'],
    ['tm-setup', 'cuid=c', 'tsid=1'],
  ];
  const codes = async (...requests: BareRequest[]): Promise<string[]> => {
    const found: string[] = [];
    for (const each of requests) found.push((await ask(each)).code);
    return found;
  };
  const unmet = (...requests: BareRequest[]): Promise<string[]> =>
    codes(...requests.map((each) => ({ ...each, options: [otherVersion] })));
  const existing = (...requests: BareRequest[]): Promise<string[]> =>
    codes(...requests.map((each) => ({ ...each, options: [anyVersion] })));
  const puts = [put(config, interval), put(telemetry, setup)];
  assert.deepEqual(await unmet(put(mitigation, encodeDocument(figure7)), ...puts, put(['hb'], hb)), [
    '4.12',
    '4.12',
    '4.12',
    '4.12',
  ]);
  assert.deepEqual(
    await existing(...puts, { method: 'DELETE', path: mitigation }),
    ['4.12', '4.12', '4.12'],
    'nothing is there',
  );
  assert.deepEqual(
    await codes({ path: mitigation }, { path: config }, { path: telemetry }),
    ['4.04', '4.04', '4.04'],
    'nothing was made',
  );
  assert.deepEqual(await codes(put(mitigation, encodeDocument(figure7)), ...puts), ['2.01', '2.01', '2.01']);
  assert.deepEqual(
    await unmet(
      put(mitigation, encodeDocument(figure7)),
      { method: 'DELETE', path: mitigation },
      { method: 'DELETE', path: config },
      { method: 'DELETE', path: telemetry },
    ),
    ['4.12', '4.12', '4.12', '4.12'],
  );
  assert.deepEqual(await codes({ path: config }, { path: telemetry }), ['2.05', '2.05'], 'nothing was deleted');
  assert.equal(
    scopesOf(decodeDocument((await ask({ path: mitigation })).payload))[0]?.status,
    'attack-mitigation-in-progress',
  );
  assert.deepEqual(await existing(...puts), ['2.04', '2.04']);
});

test('If-Match: the ETag of the present version matches, among others', async (t) => {
  const ask = await bareClient(t, (await startOrchestrator(t)).signal);
  const path = ['config', 'sid=1'];
  await ask(put(path, interval));
  const present = option('If-Match', etagOf(await ask({ path })));
  assert.equal((await ask({ ...put(path, interval), options: [otherVersion, present] })).code, '2.04');
  const refused = await ask({ method: 'DELETE', path, options: [otherVersion] });
  assert.match(textOf(refused), /RFC 7252 section 5\.10\.8\.1/);
  assert.equal((await ask({ method: 'DELETE', path, options: [present] })).code, '2.02');
});
