import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonObject } from '#dots/model/json';
import { client, curlScene, member, tree } from '../../support/protocol/curl';
import { ace, acl, acls, alias, aliases, cuid } from '../../support/protocol/dataScene';

test('fields selects nodes of an answer: RFC 8040 section 4.8.3', async (t) => {
  const here = await curlScene(t);
  if (here === undefined) return;
  const { ask } = here;
  await ask('POST', client, aliases(alias('web', '192.0.2.10/32')));
  await ask('POST', client, acls(acl('drop', ace('ntp', 123))));
  const read = async (path: string, fields: string): Promise<JsonObject> => {
    const { status, body, text } = await ask('GET', `${path}?fields=${fields}`);
    assert.equal(status, 200, text);
    return body;
  };
  const list = (more: JsonObject): JsonObject => ({ [member('dots-client')]: [{ cuid, ...more }] });
  const targets = { alias: [{ name: 'web', 'target-prefix': ['192.0.2.10/32'] }] };
  assert.deepEqual(await read(client, 'aliases/alias/target-prefix'), list({ aliases: targets }));
  assert.deepEqual(
    await read(client, 'aliases/alias(target-prefix;name);acls/acl/type'),
    list({ aliases: targets, acls: { acl: [{ name: 'drop', type: 'ipv4-acl-type' }] } }),
  );
  assert.deepEqual(
    await read(client, `${member('acls')}/acl/aces&depth=1`),
    list({ acls: { acl: [{ name: 'drop', aces: {} }] } }),
  );
  assert.deepEqual(await read(client, 'aliases&content=nonconfig&depth=2'), list({ aliases: { alias: [{}] } }));
  assert.deepEqual(await read('/restconf/data', `${member('dots-data')}/capabilities/rate-limit`), {
    'ietf-restconf:data': { [member('dots-data')]: { capabilities: { 'rate-limit': true } } },
  });
  assert.deepEqual(await read(client, 'colour'), {}, 'nothing is selected');
  for (const malformed of [
    '',
    'aliases/',
    ';aliases',
    'acls(acl',
    'acls)',
    'acls/(acl)',
    'a:b:c',
    '%20',
    'a('.repeat(40),
  ])
    assert.equal((await ask('GET', `${client}?fields=${malformed}`)).status, 400, malformed);
  assert.equal((await ask('DELETE', `${client}?fields=acls`)).status, 400);
});

test('a member that occurs twice is refused, however it is written and wherever it is', async (t) => {
  const here = await curlScene(t);
  if (here === undefined) return;
  const { ask } = here;
  const body = (members: string): string => `{"${member('aliases')}":{"alias":[{"name":"a",${members}}]}}`;
  const refused = [
    '"target-prefix":["192.0.2.1/32"],"target-prefix":["192.0.2.2/32"]',
    '"target-prefix":["192.0.2.1/32"],"target-\\u0070refix":["192.0.2.2/32"]',
    '"target-prefix":["192.0.2.1/32"],"target-port-range":[{"lower-port":1,"lower-port":2}]',
  ];
  for (const members of refused) {
    const { status, text } = await ask('POST', client, body(members));
    assert.equal(status, 400, text);
    assert.match(text, /malformed-message[^}]*twice \(RFC 8259 section 4\)/);
  }
  const twice = [1, 2].map((port) => `{"lower-port":${port}}`).join(',');
  assert.equal(
    (await ask('POST', client, body(`"target-prefix":["192.0.2.1/32"],"target-port-range":[${twice}]`))).status,
    201,
  );
});

test('what a page of another site makes a browser send is refused', async (t) => {
  const here = await curlScene(t);
  if (here === undefined) return;
  const { ask, orchestrator } = here;
  const { port } = new URL(orchestrator.data);
  const add = (...headers: string[]): Promise<number> =>
    ask(
      'PUT',
      `${client}/aliases/alias=web`,
      aliases(alias('web', '192.0.2.10/32')),
      ...headers.flatMap((header) => ['-H', header]),
    ).then(({ status }) => status);
  for (const header of [
    'Origin: https://example.net',
    'Origin: null',
    'Sec-Fetch-Site: cross-site',
    'Sec-Fetch-Site: same-site',
  ])
    assert.equal(await add(header), 403, header);
  for (const host of [`evil@127.0.0.1:${port}`, `127.0.0.1:${port}/x`, 'example.net', '127.0.0.1:1'])
    assert.equal(await add(`Host: ${host}`), 400, host);
  assert.equal((await ask('GET', `${tree}/dots-client=${cuid}/aliases/alias=web`)).status, 404, 'nothing was changed');
  assert.equal(await add(`Origin: ${orchestrator.data}`, 'Sec-Fetch-Site: same-origin'), 201);
});
