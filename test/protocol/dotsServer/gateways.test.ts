import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { JsonObject } from '#dots/model/json';
import { encodeDocument } from '#dots/cbor/codec';
import { Endpoint } from '#dots/coap/endpoint';
import { dotsCbor } from '#dots/coap/messages/options';
import { connect } from '#dots/transport/connect/connect';
import { readCredentials } from '#dots/transport/certificates/credentialFiles';
import { openClients } from '../../support/protocol/clientsScene';
import { rawData } from '../../support/protocol/rawData';
import { protect } from '../../support/protocol/scene';
import { root } from '../../support/shared';

const dotsClient = 'ietf-dots-data-channel:dots-client';

test('a cdid of a gateway is stored and shown, one of another client is ignored, on both channels', async (t) => {
  const { orchestrator, files, signal } = await openClients(t, (clients) => ({
    clients: [
      { name: 'direct', identities: [clients.get('one')?.identity ?? ''] },
      { name: 'gateway', identities: [clients.get('two')?.identity ?? ''], gateway: true },
    ],
  }));
  for (const [name, cdid] of [
    ['one', undefined],
    ['two', 'domain'],
  ] as const) {
    const send = rawData(t, { data: orchestrator.data, ...files(name) });
    const client = { 'ietf-dots-data-channel:dots-client': [{ cuid: name, cdid: 'domain' }] };
    assert.equal((await send('PUT', `/dots-client=${name}`, JSON.stringify(client))).status, 201);
    const { text } = await send('GET', `/dots-client=${name}`);
    const [stored] = (JSON.parse(text) as typeof client)['ietf-dots-data-channel:dots-client'];
    assert.equal(stored?.cdid, cdid);
    const credentials = await readCredentials(orchestrator.coapsTcp, files(name));
    const endpoint = new Endpoint(await connect(orchestrator.coapsTcp, { credentials }));
    t.after(() => endpoint.close());
    const path = ['.well-known', 'dots', 'mitigate', 'cdid=domain', `cuid=${name}`, 'mid=1'];
    const payload = encodeDocument(protect('192.0.2.0/24'));
    const put = { method: 'PUT', confirmable: true, path, payload, contentFormat: dotsCbor } as const;
    assert.equal((await endpoint.request(put, { timeoutMs: 10_000 })).code, '2.01');
    assert.equal((await (await signal(name, name)).status(1)).code, '2.05');
  }
});

test('of two clients behind a gateway with the same cuid each is refused what belongs to the other', async (t) => {
  const { orchestrator, files } = await openClients(t, (clients) => ({
    clients: [{ name: 'gateway', identities: [clients.get('one')?.identity ?? ''], gateway: true }],
  }));
  const credentials = await readCredentials(orchestrator.coapsTcp, files('one'));
  const endpoint = new Endpoint(await connect(orchestrator.coapsTcp, { credentials }));
  t.after(() => endpoint.close());
  const ask = async (
    method: 'GET' | 'PUT' | 'DELETE',
    cdid: string,
    mid: number,
    resource = 'mitigate',
  ): Promise<string> => {
    const id = resource === 'mitigate' ? `mid=${mid}` : `tmid=${mid}`;
    const path = ['.well-known', 'dots', resource, `cdid=${cdid}`, 'cuid=x', id];
    const document = resource === 'mitigate' ? protect(`192.0.2.${mid}/32`) : telemetry;
    const body = method === 'PUT' ? { payload: encodeDocument(document), contentFormat: dotsCbor } : {};
    return (await endpoint.request({ method, path, confirmable: true, ...body }, { timeoutMs: 10_000 })).code;
  };
  const telemetry = JSON.parse(readFileSync(join(root, 'examples/telemetry.dots.json'), 'utf8')) as JsonObject;
  const claims = await Promise.all(Array.from({ length: 30 }, (_, index) => ask('PUT', `domain-${index}`, 1)));
  assert.equal(claims.filter((code) => code === '2.01').length, 1, claims.join());
  assert.ok(claims.every((code) => code === '2.01' || code === '4.09'));
  const first = `domain-${claims.indexOf('2.01')}`;
  assert.deepEqual(
    [await ask('GET', 'other', 1), await ask('DELETE', 'other', 1), await ask('PUT', 'other', 2)],
    ['4.04', '4.03', '4.09'],
  );
  assert.deepEqual([await ask('PUT', 'other', 1, 'tm'), await ask('PUT', first, 1, 'tm')], ['4.09', '2.04']);
  assert.equal(await ask('GET', 'other', 1, 'tm'), '4.04');
  assert.deepEqual([await ask('GET', first, 1), await ask('PUT', first, 2)], ['2.05', '2.01']);
  const send = rawData(t, { data: orchestrator.data, ...files('one') });
  const client = (cdid: string): string => JSON.stringify({ [dotsClient]: [{ cuid: 'x', cdid }] });
  assert.equal((await send('PUT', '/dots-client=x', client('other'))).status, 409);
  assert.equal((await send('PUT', '/dots-client=x', client(first))).status, 201);
  for (const method of ['PUT', 'PATCH'])
    assert.equal((await send(method, '/dots-client=x', client('other'))).status, 409, method);
  assert.equal((await send('PATCH', '/dots-client=x', client(first))).status, 204);
});
