import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Orchestrator } from '#dots/orchestrator/orchestrator';
import type { JsonObject } from '#dots/model/json';
import {
  askerOf,
  client,
  curlScene,
  headerOf,
  member,
  registration,
  tree,
  type Ask,
  type Curl,
} from '../../support/protocol/curl';
import { ace, acl, acls, alias, aliases, cuid } from '../../support/protocol/dataScene';
import { FakeClock } from '../../support/protocol/fakeClock';
import { startOrchestrator, temporaryFolder } from '../../support/protocol/scene';
import { needTool } from '../../support/tools';

const data = '/restconf/data';
const drop = `${client}/acls/acl=drop`;
const dropBody = (action = 'drop'): JsonObject => acls(acl('drop', ace('ntp', 123, action)));
const header = (name: string, value: string): string[] => ['-H', `${name}: ${value}`];
const tagOf = async (ask: Ask, path: string): Promise<string> => headerOf(await ask('GET', path), 'ETag') ?? '';
async function versionOf(ask: Ask, path: string): Promise<(string | undefined)[]> {
  const answer = await ask('GET', path);
  return [headerOf(answer, 'ETag'), headerOf(answer, 'Last-Modified')];
}
const messageOf = ({ body }: Curl): string => JSON.stringify(body);

test('a change counts only in the state that its conditions describe', async (t) => {
  const clock = new FakeClock();
  const here = await curlScene(t, { clock });
  if (here === undefined) return;
  const { ask } = here;
  const put = (...more: string[]): Promise<Curl> => ask('PUT', drop, dropBody(), ...more);
  assert.equal((await put(...header('If-Match', '*'))).status, 412, 'nothing is there');
  assert.equal((await put(...header('If-None-Match', '*'))).status, 201);
  assert.equal((await put(...header('If-None-Match', '*'))).status, 412);
  const [tag, before] = [await tagOf(ask, drop), headerOf(await ask('GET', drop), 'Last-Modified') ?? ''];
  assert.match(tag, /^"[\w-]+"$/);
  await clock.advance(5000);
  assert.equal((await ask('PUT', drop, dropBody('accept'), ...header('If-Match', `"x", ${tag}`))).status, 204);
  const late = await put(...header('If-Match', tag));
  assert.equal(late.status, 412);
  assert.deepEqual(
    (late.body['ietf-restconf:errors'] as { error: JsonObject[] }).error[0]?.['error-tag'],
    'operation-failed',
  );
  assert.equal(headerOf(late, 'ETag'), await tagOf(ask, drop), 'what is there now');
  assert.equal((await put(...header('If-Match', `W/${await tagOf(ask, drop)}`))).status, 412, 'a weak tag');
  assert.equal((await put(...header('If-Match', 'x'))).status, 400, 'no tag');
  for (const method of ['PUT', 'PATCH', 'DELETE'])
    assert.equal(
      (await ask(method, drop, method === 'DELETE' ? undefined : dropBody(), ...header('If-Unmodified-Since', before)))
        .status,
      412,
      method,
    );
  assert.equal((await put(...header('If-Unmodified-Since', 'tomorrow'))).status, 204, 'no date: ignored');
  assert.equal(
    (await ask('POST', `${client}/aliases`, aliases(alias('a', '192.0.2.1/32')), ...header('If-Match', '"x"'))).status,
    412,
  );
  assert.equal(
    (await ask('PUT', drop, acls(acl('other')), ...header('If-Match', '"x"'))).status,
    400,
    'fails without it',
  );
  assert.equal((await ask('DELETE', `${client}/acls/acl=none`, undefined, ...header('If-Match', '"x"'))).status, 404);
  assert.equal((await ask('DELETE', client, undefined, ...header('If-Match', '"x"'))).status, 412);
  assert.equal((await ask('GET', client)).status, 200, 'still registered');
});

test('of two changes of the same state one is made', async (t) => {
  const here = await curlScene(t);
  if (here === undefined) return;
  const { ask } = here;
  await ask('PUT', drop, dropBody());
  const tag = await tagOf(ask, drop);
  const names = ['a', 'b', 'c', 'd'];
  const answers = await Promise.all(
    names.map((name) => ask('PUT', drop, acls(acl('drop', ace(name, 1))), ...header('If-Match', tag))),
  );
  assert.deepEqual(answers.map(({ status }) => status).sort(), [204, 412, 412, 412]);
  const winner = answers.findIndex(({ status }) => status === 204);
  assert.equal(headerOf(answers[winner] as Curl, 'ETag'), await tagOf(ask, drop), 'the answer shows the new state');
});

test('a read of a known state is answered without it', async (t) => {
  const here = await curlScene(t);
  if (here === undefined) return;
  const { ask } = here;
  await ask('PUT', drop, dropBody());
  for (const path of [
    data,
    tree,
    client,
    `${client}/acls`,
    drop,
    `${drop}/aces/ace=ntp/actions/forwarding`,
    `${tree}/capabilities`,
  ]) {
    const tag = await tagOf(ask, path);
    const known = await ask('GET', path, undefined, ...header('If-None-Match', `"x", W/${tag}`));
    assert.deepEqual([known.status, known.text, headerOf(known, 'ETag')], [304, '', tag], path);
    assert.equal((await ask('GET', path, undefined, ...header('If-None-Match', '"x"'))).status, 200, path);
  }
  const at = headerOf(await ask('GET', drop), 'Last-Modified') ?? '';
  assert.equal((await ask('GET', drop, undefined, ...header('If-Modified-Since', at))).status, 304);
  assert.equal((await curlHead(ask, drop)).status, 200);
});

const curlHead = (ask: Ask, path: string): Promise<Curl> => ask('HEAD', path, undefined, '-I');

test('the tag and the time of a resource change with its configuration and that of its children, and with nothing else', async (t) => {
  const clock = new FakeClock();
  const here = await curlScene(t, { clock });
  if (here === undefined) return;
  const { ask } = here;
  await ask('PUT', drop, dropBody());
  await ask('PUT', `${client}/aliases/alias=a`, aliases(alias('a', '192.0.2.1/32')));
  const paths = [data, tree, client, `${client}/acls`, drop, `${client}/aliases`];
  const versions = (): Promise<(string | undefined)[][]> => Promise.all(paths.map((path) => versionOf(ask, path)));
  const before = await versions();
  await clock.advance(61_000);
  assert.equal((await ask('PUT', drop, dropBody())).status, 204);
  assert.deepEqual(await versions(), before, 'a refresh changes the lifetime alone, which is state');
  await ask('PATCH', `${drop}/activation-type`, { [member('activation-type')]: 'deactivate' });
  const after = await versions();
  assert.deepEqual(
    paths.filter((_path, index) => after[index]?.[0] !== before[index]?.[0]),
    paths.slice(0, 5),
  );
  assert.notEqual(after[0]?.[1], before[0]?.[1]);
});

test('tags and times survive a restart', async (t) => {
  const [clock, stateDir] = [new FakeClock(), await temporaryFolder(t)];
  if (!needTool(t, 'curl', 'curl')) return;
  const first = await Orchestrator.start({ clock, stateDir });
  const ask = askerOf(first);
  await ask('POST', tree, registration);
  await ask('PUT', drop, dropBody());
  const before = [await versionOf(ask, drop), await tagOf(ask, data)];
  await first.close();
  await clock.advance(10_000);
  const again = askerOf(await startOrchestrator(t, { clock, stateDir }));
  assert.deepEqual([await versionOf(again, drop), await tagOf(again, data)], before);
});

const web = alias('web', '192.0.2.1/32');
type Patch = [name: string, path: string, body: JsonObject, status: number, tag?: string];
const patches: Patch[] = [
  ['an entry', drop, { [member('acl')]: [{ name: 'drop', 'activation-type': 'deactivate' }] }, 204],
  ['an entry in its container, without its key', drop, acls({ 'activation-type': 'deactivate' }), 204],
  ['a list', `${client}/aliases`, aliases(alias('web', '192.0.2.9/32'), alias('new', '192.0.2.10/32')), 204],
  ['an ACE', `${drop}/aces/ace=ntp`, { [member('ace')]: [{ name: 'ntp', actions: { forwarding: 'accept' } }] }, 204],
  ['ACEs', `${drop}/aces`, { [member('aces')]: { ace: [ace('dns', 53)] } }, 204],
  ['a client', client, { [member('dots-client')]: [{ cuid, aliases: { alias: [web] } }] }, 204],
  ['a leaf', `${drop}/activation-type`, { [member('activation-type')]: 'immediate' }, 204],
  ['a container', `${drop}/aces/ace=ntp/matches/ipv4`, { [member('ipv4')]: { dscp: 1 } }, 204],
  ['an entry that does not exist', `${client}/acls/acl=none`, dropBody(), 404, 'invalid-value'],
  [
    'a client that does not exist',
    `${tree}/dots-client=none`,
    { [member('dots-client')]: [{ cuid: 'none' }] },
    404,
    'invalid-value',
  ],
  ['a leaf that does not exist', `${drop}/colour`, { [member('colour')]: 'red' }, 404, 'invalid-value'],
  ['another key', drop, { [member('acl')]: [{ name: 'x' }] }, 400, 'invalid-value'],
  ['a key', `${drop}/name`, { [member('name')]: 'x' }, 400, 'invalid-value'],
  ['another cuid', client, { [member('dots-client')]: [{ cuid: 'x' }] }, 400, 'invalid-value'],
  ['another kind', drop, aliases(web), 400, 'invalid-value'],
  ['two entries', drop, acls({ name: 'drop' }, { name: 'drop' }), 400, 'invalid-value'],
  ['nothing', drop, {}, 400, 'invalid-value'],
  ['an invalid result', drop, acls({ 'activation-type': 'never' }), 400, 'invalid-value'],
  ['an unknown member', drop, acls({ colour: 'red' }), 400, 'unknown-element'],
  ['state', `${client}/aliases/alias=web`, aliases({ 'pending-lifetime': 1 }), 400, 'invalid-value'],
  [
    'a list in a form it does not have',
    `${client}/aliases`,
    { [member('aliases')]: { alias: 1 } },
    400,
    'invalid-value',
  ],
  [
    'a field that is not supported',
    drop,
    acls({ aces: { ace: [{ name: 'ntp', matches: { ipv4: { ttl: 1 } } }] } }),
    400,
    'unknown-element',
  ],
];

test('a plain patch is merged, and its result is checked as a whole', async (t) => {
  const here = await curlScene(t);
  if (here === undefined) return;
  const { ask } = here;
  for (const [name, path, body, status, tag] of patches) {
    await ask('PUT', `${client}/acls`, dropBody());
    await ask('PUT', `${client}/aliases`, aliases(web));
    const before = await tagOf(ask, data);
    const answer = await ask('PATCH', path, body);
    const [error] = (answer.body['ietf-restconf:errors'] as { error: JsonObject[] } | undefined)?.error ?? [];
    assert.deepEqual([answer.status, error?.['error-tag']], [status, tag], `${name}: ${answer.text}`);
    if (status !== 204) assert.equal(await tagOf(ask, data), before, name);
  }
});

test('what a patch does not name stays as it is', async (t) => {
  const clock = new FakeClock();
  const here = await curlScene(t, { clock });
  if (here === undefined) return;
  const { ask } = here;
  await ask('PUT', `${client}/acls`, acls(acl('other', ace('x', 1)), acl('drop', ace('ntp', 123))));
  await ask('PUT', `${client}/aliases`, aliases(web));
  await clock.advance(600_000);
  await ask('PATCH', drop, acls({ name: 'drop', 'activation-type': 'deactivate' }));
  await ask('PATCH', `${client}/aliases`, aliases(alias('web', '192.0.2.2/32'), alias('new', '192.0.2.3/32')));
  const { body } = await ask('GET', client);
  const lasts = (minutes: number): JsonObject => ({ 'pending-lifetime': minutes });
  assert.deepEqual(body, {
    [member('dots-client')]: [
      {
        cuid,
        aliases: {
          alias: [
            { ...alias('web', '192.0.2.1/32', '192.0.2.2/32'), ...lasts(10_080) },
            { ...alias('new', '192.0.2.3/32'), ...lasts(10_080) },
          ],
        },
        acls: {
          acl: [
            { ...acl('other', ace('x', 1)), ...lasts(10_070) },
            { ...acl('drop', ace('ntp', 123)), 'activation-type': 'deactivate', ...lasts(10_080) },
          ],
        },
      },
    ],
  });
});

const nodes: [path: string, name: string, value: unknown][] = [
  [`${drop}/aces/ace=ntp/actions`, 'actions', { forwarding: 'drop' }],
  [`${drop}/aces/ace=ntp/actions/forwarding`, 'forwarding', 'drop'],
  [`${drop}/aces/ace=ntp/matches/udp/source-port-range-or-operator/port`, 'port', 123],
  [`${drop}/pending-lifetime`, 'pending-lifetime', 10_080],
  [`${drop}/aces/ace`, 'ace', [ace('ntp', 123)]],
  [`${client}/cuid`, 'cuid', cuid],
  [`${client}/aliases`, 'aliases', {}],
  [`${tree}/capabilities/icmp`, 'icmp', { type: true, code: true, 'rest-of-header': false }],
  [`${tree}/capabilities/transport-protocols=17`, 'transport-protocols', [17]],
  [`${tree}/ietf-dots-data-channel:dots-client=${cuid}/cuid`, 'cuid', cuid],
];

test('every node that exists is read by its path; others are not there', async (t) => {
  const here = await curlScene(t);
  if (here === undefined) return;
  const { ask } = here;
  await ask('PUT', drop, dropBody());
  for (const [path, name, value] of nodes) {
    const { status, body, text } = await ask('GET', path);
    assert.deepEqual([status, body], [200, { [member(name)]: value }], `${path}: ${text}`);
  }
  for (const path of [
    `${drop}/aces/ace=none/actions`,
    `${drop}/aces/ace=ntp/actions/rate-limit`,
    `${client}/aliases/alias=none/aces`,
    `${tree}/other:dots-client=${cuid}`,
    `${tree}/capabilities/transport-protocols=99`,
    `${tree}/capabilities/toString`,
    `${data}/toString`,
    `${data}/ietf-dots-data-channel:other`,
  ])
    for (const method of ['GET', 'DELETE']) assert.equal((await ask(method, path)).status, 404, `${method} ${path}`);
  assert.equal((await ask('GET', `${client}/acls/acl/aces`)).status, 400, 'a list without its key');
  assert.equal((await ask('DELETE', `${tree}/capabilities`)).status, 405);
});

test('a node inside of an entry is created, replaced and deleted', async (t) => {
  const here = await curlScene(t);
  if (here === undefined) return;
  const { ask } = here;
  await ask('PUT', drop, dropBody());
  const actions = `${drop}/aces/ace=ntp/actions`;
  assert.equal((await ask('PUT', `${actions}/forwarding`, { [member('forwarding')]: 'accept' })).status, 204);
  assert.equal((await ask('PUT', `${actions}/rate-limit`, { [member('rate-limit')]: '10.00' })).status, 201);
  assert.deepEqual((await ask('GET', actions)).body, {
    [member('actions')]: { forwarding: 'accept', 'rate-limit': '10.00' },
  });
  assert.equal((await ask('DELETE', `${actions}/rate-limit`)).status, 204);
  assert.deepEqual((await ask('GET', actions)).body, { [member('actions')]: { forwarding: 'accept' } });
  assert.equal((await ask('DELETE', `${actions}/rate-limit`)).status, 404);
  assert.equal((await ask('DELETE', `${drop}/activation-type`)).status, 204);
  assert.equal((await ask('DELETE', `${drop}/name`)).status, 400, 'the key');
  assert.match(messageOf(await ask('PUT', actions, { [member('other')]: 1 })), /must contain/);
});

test('the server describes itself', async (t) => {
  const here = await curlScene(t);
  if (here === undefined) return;
  const { ask } = here;
  const { body } = await ask('GET', `${data}/ietf-restconf-monitoring:restconf-state/capabilities/capability`);
  assert.ok(
    (body['ietf-restconf-monitoring:capability'] as string[]).some((uri) => uri.includes(':defaults:1.0?basic-mode=')),
  );
  const library = `${data}/ietf-yang-library:yang-library`;
  const module = await ask('GET', `${library}/module-set=all/module=ietf-dots-data-channel/revision`);
  assert.deepEqual(module.body, { 'ietf-yang-library:revision': '2020-05-28' });
  const imported = `${library}/module-set=all/import-only-module=ietf-inet-types`;
  assert.equal((await ask('GET', `${imported},2013-07-15/namespace`)).status, 200);
  assert.equal((await ask('GET', imported)).status, 400, 'one of two keys');
  assert.equal((await ask('GET', `${data}/ietf-yang-library:modules-state/module-set-id`)).status, 200);
  assert.deepEqual((await ask('GET', '/restconf/operations')).body, { 'ietf-restconf:operations': {} });
  const options = await ask('OPTIONS', drop);
  assert.deepEqual(
    ['Allow', 'Accept-Patch'].map((name) => headerOf(options, name)),
    ['DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT', 'application/yang-data+json'],
  );
  const tag = await tagOf(ask, data);
  assert.equal((await ask('PUT', library, {})).status, 405);
  assert.equal(await tagOf(ask, data), tag);
});

test('a POST to a list creates one resource, and its answer names it', async (t) => {
  const here = await curlScene(t);
  if (here === undefined) return;
  const { ask, orchestrator } = here;
  const [one, two] = [alias('x1', '192.0.2.1/32'), alias('x2', '192.0.2.2/32')];
  for (const body of [aliases(one, two), { [member('alias')]: [one, two] }]) {
    const refused = await ask('POST', `${client}/aliases`, body);
    assert.deepEqual([refused.status, headerOf(refused, 'Location')], [400, undefined]);
  }
  const created = await ask('POST', `${client}/aliases`, { [member('alias')]: [one] });
  const location = `${client}/aliases/alias=x1`;
  assert.deepEqual([created.status, headerOf(created, 'Location')], [201, orchestrator.data + location]);
  assert.equal(headerOf(created, 'ETag'), await tagOf(ask, location));
  const whole = await ask('POST', client, acls(acl('a', ace('1', 1)), acl('b', ace('1', 1))));
  assert.equal(headerOf(whole, 'Location'), `${orchestrator.data}${client}/acls`, 'the container is one resource');
});
