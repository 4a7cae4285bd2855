import assert from 'node:assert/strict';
import { efficacyUpdate } from '#dots/signal/scopes';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { DotsError } from '#dots/model/errors';
import type { JsonObject } from '#dots/model/json';
import { Orchestrator } from '#dots/orchestrator/orchestrator';
import { FakeClock } from '../../support/protocol/fakeClock';
import { acl, ace, acls, alias, aliases, anotherClient, cuid, openData } from '../../support/protocol/dataScene';
import {
  eventually,
  freePort,
  openLabSession,
  portOf,
  protect,
  request,
  scopesOf,
  startOrchestrator,
  temporaryFolder,
} from '../../support/protocol/scene';

const namesOf = (body: JsonObject | undefined, container: 'aliases' | 'acls'): unknown[] => {
  const holder = body?.[`ietf-dots-data-channel:${container}`] as Record<string, JsonObject[]> | undefined;
  return (Object.values(holder ?? {})[0] ?? []).map(({ name }) => name);
};

test('a document is installed: the client registers by itself, and only once', async (t) => {
  const orchestrator = await startOrchestrator(t);
  const session = await openData(t, orchestrator);
  const first = await session.install(aliases(alias('web', '192.0.2.10/32'), alias('dns', '192.0.2.53/32')));
  assert.deepEqual([first.answer.status, first.registered, first.replaced], [201, true, false]);
  const second = await session.install(acls(acl('drop', ace('ntp', 123))));
  assert.deepEqual([second.answer.status, second.registered, second.answers.length], [201, false, 1]);
  assert.deepEqual(namesOf((await session.get('aliases')).body, 'aliases'), ['web', 'dns']);
  assert.deepEqual(
    orchestrator.aliases().map(({ name, pendingLifetime }) => [name, pendingLifetime]),
    [
      ['web', 10_080],
      ['dns', 10_080],
    ],
  );
  assert.deepEqual(
    orchestrator.filters().map(({ name, activationType, active }) => [name, activationType, active]),
    [['drop', 'activate-when-mitigating', false]],
  );
});

test('to install again replaces what has that name, and keeps the order', async (t) => {
  const session = await openData(t, await startOrchestrator(t));
  await session.install(acls(acl('a', ace('ntp', 123)), acl('b', ace('dns', 53))));
  const again = await session.install(acls(acl('a', ace('ssdp', 1900)), acl('c', ace('ldap', 389))));
  assert.deepEqual([again.replaced, again.answer.ok], [true, true]);
  const { body } = await session.get('acls');
  assert.deepEqual(namesOf(body, 'acls'), ['a', 'b', 'c']);
  assert.match(JSON.stringify(body), /ssdp/);
});

test('what was acknowledged comes back after a restart, with the lab and the time that has passed', async (t) => {
  const stateDir = await temporaryFolder(t);
  const clock = new FakeClock();
  const port = await freePort();
  const first = await Orchestrator.start({ stateDir, clock, dataPort: port });
  await (await openData(t, first)).install(acls(acl('drop', ace('ntp', 123))));
  const certificate = await readFile(first.cert, 'utf8');
  await first.close();
  await clock.advance(60 * 60_000);
  const second = await startOrchestrator(t, { stateDir, clock, dataPort: port });
  assert.equal(await readFile(second.cert, 'utf8'), certificate);
  const { body } = await (await openData(t, second)).get('acls/acl=drop', { content: 'nonconfig' });
  assert.deepEqual(body, {
    'ietf-dots-data-channel:acl': [{ name: 'drop', 'pending-lifetime': 10_020, aces: { ace: [{ name: 'ntp' }] } }],
  });
});

test('what is not refreshed for a week goes; a PUT refreshes it', async (t) => {
  const clock = new FakeClock();
  const orchestrator = await startOrchestrator(t, { clock });
  const session = await openData(t, orchestrator);
  await session.install(aliases(alias('old', '192.0.2.1/32'), alias('kept', '192.0.2.2/32')));
  await clock.advance(10_000 * 60_000);
  await session.install(aliases(alias('kept', '192.0.2.2/32')));
  let reports = 0;
  orchestrator.onDidChange(() => {
    reports += 1;
  });
  await clock.advance(80 * 60_000);
  assert.deepEqual(
    orchestrator.aliases().map(({ name }) => name),
    ['kept'],
  );
  assert.ok(reports > 0);
});

test('what cannot be kept is not acknowledged and does not count', async (t) => {
  const stateDir = await temporaryFolder(t);
  const orchestrator = await startOrchestrator(t, { stateDir });
  const session = await openData(t, orchestrator);
  await session.install(aliases(alias('a', '192.0.2.1/32')));
  await rm(stateDir, { recursive: true });
  await writeFile(stateDir, 'no folder');
  assert.equal((await session.install(aliases(alias('b', '192.0.2.2/32')))).answer.status, 500);
  assert.deepEqual(
    orchestrator.aliases().map(({ name }) => name),
    ['a'],
  );
  await rm(stateDir);
});

test('an unreadable state is reported when the orchestrator starts', async (t) => {
  const stateDir = await temporaryFolder(t);
  await writeFile(join(stateDir, 'data.json'), '{"version":1,"clients":[{}]}');
  await assert.rejects(
    startOrchestrator(t, { stateDir }),
    (error: unknown) => error instanceof DotsError && error.code === 'orchestrator/state-unreadable',
  );
});

test('a data port in use is reported, and nothing is left half-started', async (t) => {
  const orchestrator = await startOrchestrator(t);
  await assert.rejects(
    startOrchestrator(t, { dataPort: portOf(orchestrator.data) }),
    (error: unknown) => error instanceof DotsError && error.code === 'transport/port-in-use',
  );
});

test('a cuid belongs to the certificate that registered it', async (t) => {
  const orchestrator = await startOrchestrator(t);
  const session = await openData(t, orchestrator);
  await session.install(aliases(alias('a', '192.0.2.1/32')));
  const other = await anotherClient(await temporaryFolder(t), orchestrator.ca);
  const stranger = await openData(t, orchestrator, other);
  const refused = await stranger.get('aliases');
  assert.deepEqual([refused.status, refused.errors[0]?.tag], [403, 'access-denied']);
  assert.deepEqual(
    [(await stranger.register()).status, (await stranger.register()).errors[0]?.tag],
    [409, 'resource-denied'],
  );
  assert.equal((await stranger.deregister()).status, 403);
  const own = await openData(t, orchestrator, { ...other, cuid: 'other' });
  assert.equal((await own.install(aliases(alias('a', '198.51.100.1/32')))).answer.status, 201);
  assert.equal((await session.deregister()).status, 204);
  assert.deepEqual(
    orchestrator.aliases().map(({ cuid: of }) => of),
    ['other'],
  );
});

test('a filter that does otherwise with the same traffic of another client is a conflict', async (t) => {
  const orchestrator = await startOrchestrator(t);
  await (await openData(t, orchestrator)).install(acls(acl('a', ace('ntp', 123))));
  const other = await openData(t, orchestrator, {
    cuid: 'other',
    ...(await anotherClient(await temporaryFolder(t), orchestrator.ca)),
  });
  const { answer } = await other.install(acls(acl('b', ace('ntp', 123, 'accept'))));
  assert.deepEqual([answer.status, answer.errors[0]?.tag], [409, 'resource-denied']);
  assert.equal((await other.install(acls(acl('b', ace('ntp', 123))))).answer.status, 201);
});

test('a mitigation activates the ACLs that wait for it, and its rules are beside theirs; its end deactivates them', async (t) => {
  const clock = new FakeClock();
  const orchestrator = await startOrchestrator(t, { clock });
  await (await openData(t, orchestrator)).install(acls(acl('drop', ace('ntp', 123))));
  await (await openData(t, orchestrator, { cuid: 'other' })).install(acls(acl('others', ace('dns', 53))));
  const active = (): string[] =>
    orchestrator
      .filters()
      .filter((filter) => filter.active)
      .map(({ name }) => name);
  let reports = 0;
  orchestrator.onDidChange(() => {
    reports += 1;
  });
  const signal = await openLabSession(t, orchestrator, cuid);
  assert.deepEqual([active(), orchestrator.flowspec().rules.length], [[], 0]);
  await signal.requestMitigation(protect('192.0.2.0/24', { 'target-protocol': [17] }), 1);
  assert.deepEqual(active(), ['drop']);
  assert.ok(reports > 0);
  const { rules, inputs } = orchestrator.flowspec();
  assert.equal(rules.length, 2);
  assert.deepEqual(
    inputs.map(({ file }) => file),
    [`client ${cuid}`, `mitigation 1 of ${cuid}`],
  );
  await signal.withdraw(1);
  assert.deepEqual(active(), ['drop'], 'until the withdrawn mitigation is terminated');
  await clock.advance(121_000);
  assert.deepEqual([active(), orchestrator.flowspec().rules.length], [[], 0]);
});

test('a mitigation that waits for the loss of the session activates nothing', async (t) => {
  const orchestrator = await startOrchestrator(t);
  await (await openData(t, orchestrator)).install(acls(acl('drop', ace('ntp', 123))));
  await (
    await openLabSession(t, orchestrator, cuid)
  ).requestMitigation(protect('192.0.2.0/24', { 'trigger-mitigation': false }), 1);
  assert.deepEqual([orchestrator.filters()[0]?.active, orchestrator.flowspec().rules.length], [false, 0]);
});

test('alias names of a mitigation request are those of its client', async (t) => {
  const orchestrator = await startOrchestrator(t);
  await (await openData(t, orchestrator)).install(aliases(alias('web', '192.0.2.10/32')));
  const signal = await openLabSession(t, orchestrator, cuid);
  const byAlias = (name: string): JsonObject => request({ 'alias-name': [name], lifetime: 3600 });
  assert.equal((await signal.requestMitigation(byAlias('nobody'), 1)).code, '4.00');
  assert.equal((await signal.requestMitigation(byAlias('web'), 2)).code, '2.01');
  assert.match(orchestrator.flowspec().rules[0]?.text ?? '', /192\.0\.2\.10\/32/);
  assert.equal(
    (await (await openLabSession(t, orchestrator, 'other')).requestMitigation(byAlias('web'), 1)).code,
    '4.00',
  );
  assert.equal((await signal.requestMitigation(protect('192.0.2.0/24'), 1)).code, '4.09', 'the alias lies within');
  assert.equal((await signal.requestMitigation(protect('192.0.2.0/24'), 3)).code, '2.01');
  assert.deepEqual(
    orchestrator.mitigations().map(({ mid }) => mid),
    [3],
  );
});

test('an acl-list changes activation during an attack only, for good, and refreshes the ACL', async (t) => {
  const clock = new FakeClock();
  const orchestrator = await startOrchestrator(t, { clock });
  await (await openData(t, orchestrator)).install(acls(acl('drop', ace('ntp', 123))));
  const control = (name: string, type: string): JsonObject =>
    protect('192.0.2.0/24', { 'ietf-dots-signal-control:acl-list': [{ 'acl-name': name, 'activation-type': type }] });
  await clock.advance(60 * 60_000);
  const signal = await openLabSession(t, orchestrator, cuid);
  assert.equal((await signal.requestMitigation(control('drop', 'deactivate'), 1)).code, '4.00');
  await signal.requestMitigation(protect('192.0.2.0/24'), 2);
  assert.equal((await signal.requestMitigation(control('nobody', 'deactivate'), 3)).code, '4.04');
  assert.equal((await signal.requestMitigation(control('drop', 'deactivate'), 4)).code, '2.01');
  assert.deepEqual(
    orchestrator
      .filters()
      .map(({ activationType, active, pendingLifetime }) => [activationType, active, pendingLifetime]),
    [['deactivate', false, 10_080]],
  );
  assert.equal((await signal.requestMitigation(control('drop', 'immediate'), 5)).code, '2.01');
  await signal.withdraw(5);
  await clock.advance(200_000);
  assert.deepEqual(
    orchestrator.filters().map(({ activationType, active }) => [activationType, active]),
    [['immediate', true]],
  );
});

test('an ACL that is changed over the data channel is shown and notified: RFC 9133 section 3.2.1', async (t) => {
  const clock = new FakeClock();
  const orchestrator = await startOrchestrator(t, { clock });
  const data = await openData(t, orchestrator);
  await data.install(acls(acl('drop', ace('ntp', 123)), acl('other', ace('dns', 53))));
  const signal = await openLabSession(t, orchestrator, cuid);
  await signal.requestMitigation(protect('198.51.100.0/24'), 1);
  const aclList = 'ietf-dots-signal-control:acl-list';
  const control = [{ 'acl-name': 'drop', 'activation-type': 'immediate' }];
  assert.equal((await signal.requestMitigation(protect('192.0.2.0/24', { [aclList]: control }), 2)).code, '2.01');
  const filtersIn = (body: JsonObject | undefined): unknown => scopesOf(body)[0]?.[aclList];
  const heard: unknown[] = [];
  await signal.observe(2, ({ body }) => heard.push(filtersIn(body)));
  assert.deepEqual(heard, [control]);
  await data.activate('drop', 'deactivate');
  const changed = [{ 'acl-name': 'drop', 'activation-type': 'deactivate' }];
  assert.deepEqual(filtersIn((await signal.status(2)).body), changed);
  await clock.advance(3_000);
  await eventually(() => JSON.stringify(heard.at(-1)) === JSON.stringify(changed));
  await data.remove('acls', 'drop');
  assert.equal(filtersIn((await signal.status(2)).body), undefined, 'it does not exist any more');
});

test('an efficacy update of a request with an acl-list leaves the ACLs out (RFC 9133 section 3.2.1)', async (t) => {
  const orchestrator = await startOrchestrator(t);
  await (await openData(t, orchestrator)).install(acls(acl('drop', ace('ntp', 123))));
  const signal = await openLabSession(t, orchestrator, cuid);
  await signal.requestMitigation(protect('198.51.100.0/24'), 1);
  const control = protect('192.0.2.0/24', {
    'ietf-dots-signal-control:acl-list': [{ 'acl-name': 'drop', 'activation-type': 'immediate' }],
  });
  assert.equal((await signal.requestMitigation(control, 2)).code, '2.01');
  assert.equal((await signal.requestMitigation(efficacyUpdate(control, 'under-attack'), 2)).code, '2.04');
  assert.equal((await signal.requestMitigation(control, 2)).code, '2.04', 'a refresh repeats it');
});

test('a failed change of activation is 5.03 and says which: RFC 9133 section 3.2.1', async (t) => {
  const stateDir = await temporaryFolder(t);
  const orchestrator = await startOrchestrator(t, { stateDir });
  await (await openData(t, orchestrator)).install(acls(acl('drop', ace('ntp', 123))));
  const signal = await openLabSession(t, orchestrator, cuid);
  await signal.requestMitigation(protect('192.0.2.0/24'), 1);
  await rm(stateDir, { recursive: true });
  await writeFile(stateDir, 'no folder');
  const answer = await signal.requestMitigation(
    protect('192.0.2.0/24', {
      'ietf-dots-signal-control:acl-list': [{ 'acl-name': 'drop', 'activation-type': 'immediate' }],
    }),
    2,
  );
  assert.deepEqual([answer.code, answer.maxAge], ['5.03', 60]);
  assert.match(JSON.stringify(answer.body), /"mid":2.*"acl-name":"drop"/);
  assert.deepEqual(
    orchestrator.filters().map(({ activationType }) => activationType),
    ['activate-when-mitigating'],
    'nothing of the request has an effect',
  );
  assert.deepEqual(
    orchestrator.mitigations().map(({ mid }) => mid),
    [1],
  );
  await rm(stateDir);
});
