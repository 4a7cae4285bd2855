import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonObject } from '#dots/model/json';
import { check } from '#dots/check/check';
import { acl, ace, acls, alias, aliases, anotherClient, cuid } from '../../support/protocol/dataScene';
import { client, curl, curlScene, member, registration, tree, type Ask, type Curl } from '../../support/protocol/curl';
import { startOrchestrator, temporaryFolder } from '../../support/protocol/scene';

const tagsOf = ({ body }: Curl): unknown[] =>
  ((body['ietf-restconf:errors'] as { error?: JsonObject[] } | undefined)?.error ?? []).map(
    (error) => error['error-tag'],
  );
const aclNames = ({ body }: Curl): unknown[] =>
  (body[member('acls')] as { acl: JsonObject[] }).acl.map(({ name }) => name);

test('curl with the right certificate walks the whole way; without it, with another or with another CA it does not get in', async (t) => {
  const here = await curlScene(t);
  if (here === undefined) return;
  const {
    ask,
    orchestrator: { data, ca, cert, key },
  } = here;
  assert.match((await ask('GET', '/.well-known/host-meta')).text, /<Link rel="restconf" href="\/restconf"\/>/);
  const created = await ask('POST', client, aliases(alias('web', '192.0.2.10/32')));
  assert.equal(created.status, 201);
  assert.ok(created.headers.includes(`Location: ${data}${client}/aliases/alias=web`));
  assert.equal((await ask('PUT', `${client}/acls/acl=drop`, acls(acl('drop', ace('ntp', 123))))).status, 201);
  assert.equal((await ask('PUT', `${client}/acls/acl=drop`, acls(acl('drop', ace('ntp', 123))))).status, 204);
  const whole = await ask('GET', tree);
  assert.match(whole.headers, /Content-Type: application\/yang-data\+json/);
  assert.deepEqual(check(whole.body, { direction: 'status' }).faults, []);
  assert.deepEqual(check((await ask('GET', `${tree}/capabilities`)).body).faults, []);
  assert.equal((await ask('DELETE', `${client}/aliases/alias=web`)).status, 204);
  assert.equal((await ask('DELETE', `${client}/aliases/alias=web`)).status, 404);
  assert.equal((await ask('DELETE', client)).status, 204);
  assert.equal((await ask('GET', `${client}/acls`)).status, 404);
  for (const credentials of [
    ['--cacert', ca],
    ['--cert', cert, '--key', key],
  ])
    assert.notEqual((await curl(data, credentials, ['GET', tree])).exit, 0);
  const other = await startOrchestrator(t);
  assert.notEqual(
    (await curl(data, ['--cacert', ca, '--cert', other.cert, '--key', other.key], ['GET', tree])).exit,
    0,
  );
  assert.notEqual(
    (await curl(data, ['--cacert', ca, '--cert', cert, '--key', key, '--tls-max', '1.1'], ['GET', tree])).exit,
    0,
  );
});

const web = aliases(alias('web', '192.0.2.10/32'));
const drop = acls(acl('drop', ace('ntp', 123)));
const refusals: [name: string, words: Parameters<Ask>, status: number, tag: string][] = [
  ['no cuid', ['POST', tree, { [member('dots-client')]: [{}] }], 400, 'missing-attribute'],
  ['two clients', ['POST', tree, { [member('dots-client')]: [{ cuid: 'a' }, { cuid: 'b' }] }], 400, 'invalid-value'],
  ['a client that is there already', ['POST', tree, registration], 409, 'resource-denied'],
  [
    'another cuid in the path than in the body',
    ['PUT', `${tree}/dots-client=other`, registration],
    400,
    'invalid-value',
  ],
  ['a client that has not registered', ['POST', `${tree}/dots-client=other`, web], 404, 'invalid-value'],
  ['an alias without a target', ['POST', client, aliases({ name: 'a' })], 400, 'missing-attribute'],
  ['an alias of a loopback address', ['POST', client, aliases(alias('a', '127.0.0.1/32'))], 400, 'invalid-value'],
  [
    'an unknown member',
    ['POST', client, aliases({ ...alias('a', '192.0.2.1/32'), colour: 'red' })],
    400,
    'unknown-element',
  ],
  [
    'read-only state',
    ['POST', client, aliases({ ...alias('a', '192.0.2.1/32'), 'pending-lifetime': 1 })],
    400,
    'invalid-value',
  ],
  [
    'an immediate ACL without a destination',
    [
      'POST',
      client,
      acls({
        ...acl('a', { name: 'x', matches: { ipv4: { protocol: 17 } }, actions: { forwarding: 'drop' } }),
        'activation-type': 'immediate',
      }),
    ],
    400,
    'missing-attribute',
  ],
  [
    'a match field that is not supported',
    ['POST', client, acls(acl('a', { name: 'x', matches: { ipv4: { ttl: 1 } }, actions: { forwarding: 'drop' } }))],
    400,
    'unknown-element',
  ],
  ['another name in the path than in the body', ['PUT', `${client}/acls/acl=other`, drop], 400, 'invalid-value'],
  [
    'two entries where the path names one',
    ['PUT', `${client}/acls/acl=drop`, acls(acl('drop', ace('a', 1)), acl('b', ace('a', 1)))],
    400,
    'invalid-value',
  ],
  ['an alias in the list of ACLs', ['PUT', `${client}/acls`, web], 400, 'unknown-element'],
  ['no JSON', ['POST', client, '{'], 400, 'malformed-message'],
  ['another content type', ['POST', client, web, '-H', 'Content-Type: application/json'], 415, 'invalid-value'],
  [
    'another form of answer',
    ['GET', client, undefined, '-H', 'Accept: application/yang-data+xml'],
    406,
    'invalid-value',
  ],
  [
    'a form of answer that is refused by its quality',
    ['GET', client, undefined, '-H', 'Accept: application/yang-data+json;q=0, */*'],
    406,
    'invalid-value',
  ],
  ['a compressed body', ['POST', client, web, '-H', 'Content-Encoding: gzip'], 415, 'invalid-value'],
  [
    'two keys where there is one',
    ['PUT', `${client}/acls/acl=a,b`, acls(acl('a,b', ace('a', 1)))],
    400,
    'invalid-value',
  ],
  ['a method that is not offered', ['PATCH', tree, registration], 405, 'operation-not-supported'],
  ['a resource that is none', ['GET', `${client}/vendors`], 404, 'invalid-value'],
  ['an ACE of no ACL', ['GET', `${client}/acls/acl=none/aces`], 404, 'invalid-value'],
  ['a percent sign that encodes nothing', ['GET', `${tree}/dots-client=%zz`], 400, 'malformed-message'],
  ['no URL', ['GET', '//'], 400, 'malformed-message'],
  ['content that is none', ['GET', `${client}?content=most`], 400, 'invalid-value'],
  ['a depth that is none', ['GET', `${client}?depth=0`], 400, 'invalid-value'],
  ['a parameter nobody knows', ['GET', `${client}?filter=cuid`], 400, 'invalid-value'],
  ['order where there is none', ['POST', `${client}/aliases?insert=first`, web], 400, 'invalid-value'],
  ['a point that is no neighbour', ['POST', `${client}/acls?insert=before&point=/nowhere`, drop], 400, 'invalid-value'],
  ['another host', ['GET', client, undefined, '-H', 'Host: dots.example'], 400, 'invalid-value'],
  [
    'too large a body',
    ['POST', client, `"${'x'.repeat(100_000)}"`, '-H', 'Content-Length: 2000000', '--max-time', '10'],
    413,
    'too-big',
  ],
];

test('what is refused says so with the status and the tag of RFC 8040', async (t) => {
  const here = await curlScene(t);
  if (here === undefined) return;
  for (const [name, words, status, tag] of refusals) {
    const answer = await here.ask(...words);
    assert.deepEqual([answer.status, tagsOf(answer)[0]], [status, tag], `${name}: ${answer.text}${answer.stderr}`);
  }
  assert.deepEqual([here.orchestrator.aliases(), here.orchestrator.filters()], [[], []]);
});

test('an error names the place', async (t) => {
  const here = await curlScene(t);
  if (here === undefined) return;
  const { body } = await here.ask('POST', client, aliases({ ...alias('a', '192.0.2.1/32'), colour: 'red' }));
  const [error] = (body['ietf-restconf:errors'] as { error: JsonObject[] }).error;
  assert.equal(
    error?.['error-path'],
    `/ietf-dots-data-channel:dots-data/dots-client[cuid='${cuid}']/aliases/alias[name='a']/colour`,
  );
  assert.equal(error?.['error-type'], 'application');
});

test('the order of ACLs and ACEs follows insert and point', async (t) => {
  const here = await curlScene(t);
  if (here === undefined) return;
  const { ask } = here;
  const below = `/ietf-dots-data-channel:dots-data/dots-client=${cuid}/acls`;
  await ask('POST', client, acls(acl('b', ace('1', 1)), acl('d', ace('1', 1))));
  assert.equal((await ask('POST', `${client}?insert=first`, acls(acl('a', ace('1', 1))))).status, 201);
  assert.equal(
    (await ask('PUT', `${client}/acls/acl=c?insert=before&point=${below}/acl=d`, acls(acl('c', ace('1', 1))))).status,
    201,
  );
  assert.deepEqual(aclNames(await ask('GET', `${client}/acls`)), ['a', 'b', 'c', 'd']);
  assert.equal(
    (await ask('PUT', `${client}/acls/acl=a?insert=after&point=${below}/acl=d`, acls(acl('a', ace('1', 1))))).status,
    204,
  );
  assert.deepEqual(aclNames(await ask('GET', `${client}/acls`)), ['b', 'c', 'd', 'a']);
  const aces = `${client}/acls/acl=b/aces`;
  assert.equal(
    (await ask('POST', `${client}/acls/acl=b?insert=first`, { [member('aces')]: { ace: [ace('0', 53)] } })).status,
    201,
  );
  assert.equal((await ask('PUT', `${aces}/ace=2`, { [member('ace')]: [ace('2', 389)] })).status, 201);
  const { body } = await ask('GET', aces);
  assert.deepEqual(
    (body[member('aces')] as { ace: JsonObject[] }).ace.map(({ name }) => name),
    ['0', '1', '2'],
  );
  assert.equal((await ask('DELETE', `${aces}/ace=1`)).status, 204);
  assert.equal((await ask('POST', client, acls(acl('b', ace('1', 1))))).status, 409);
});

test('content and depth choose what is shown; names are percent-encoded', async (t) => {
  const here = await curlScene(t);
  if (here === undefined) return;
  const { ask } = here;
  await ask('PUT', `${client}/aliases/alias=a%2Fb%20c`, aliases(alias('a/b c', '192.0.2.1/32')));
  await ask('POST', client, drop);
  const one = `${client}/aliases/alias=a%2Fb%20c`;
  assert.deepEqual((await ask('GET', `${one}?content=config`)).body, {
    [member('alias')]: [alias('a/b c', '192.0.2.1/32')],
  });
  assert.deepEqual((await ask('GET', `${one}?content=nonconfig`)).body, {
    [member('alias')]: [{ name: 'a/b c', 'pending-lifetime': 10_080 }],
  });
  assert.deepEqual((await ask('GET', `${client}/acls/acl=drop?content=non-config`)).body, {
    [member('acl')]: [{ name: 'drop', 'pending-lifetime': 10_080, aces: { ace: [{ name: 'ntp' }] } }],
  });
  assert.deepEqual((await ask('GET', `${client}/acls?depth=1`)).body, { [member('acls')]: {} });
  assert.deepEqual((await ask('GET', `${client}?depth=2`)).body, {
    [member('dots-client')]: [{ cuid, aliases: {}, acls: {} }],
  });
  assert.equal((await ask('PUT', client, registration)).status, 204);
  assert.deepEqual(aclNames(await ask('GET', `${client}/acls`)), ['drop'], 'to register again takes nothing away');
});

test('the certificate of another client may do its own, not this one', async (t) => {
  const here = await curlScene(t);
  if (here === undefined) return;
  const { data, ca } = here.orchestrator;
  const other = await anotherClient(await temporaryFolder(t), ca);
  const answer = await curl(data, ['--cacert', ca, '--cert', other.cert, '--key', other.key], ['GET', client]);
  assert.deepEqual([answer.status, tagsOf(answer)], [403, ['access-denied']]);
});
