import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import type { JsonObject } from '#dots/model/json';
import { DataSession } from '#dots/data/session';
import { Orchestrator } from '#dots/orchestrator/orchestrator';
import { systemClock } from '#dots/runtime/clock';
import { SignalSession } from '#dots/signal/session';
import { readCredentials } from '#dots/transport/certificates/credentialFiles';
import { openLab } from '#dots/transport/certificates/lab';
import { acl, acls, alias, aliases } from '../../support/protocol/dataScene';
import { protect, request, temporaryFolder } from '../../support/protocol/scene';

const dropTo = (name: string, destination: string): JsonObject => {
  const network = { 'destination-ipv4-network': destination };
  const ace = { name: 'x', matches: { ipv4: { protocol: 17, ...network } }, actions: { forwarding: 'drop' } };
  return { ...acl(name, ace), 'activation-type': 'immediate' };
};

/** Stores aliases, ACLs and mitigations inside and outside of 192.0.2.0/24. */
async function fill(server: Orchestrator, files: { ca: string; cert: string; key: string }): Promise<void> {
  const data = await DataSession.open({ server: server.data, cuid: 'c', ...files });
  await data.install(aliases(alias('inside', '192.0.2.7/32'), alias('outside', '198.51.100.7/32')));
  const installed = await data.install(
    acls(dropTo('inside', '192.0.2.7/32'), dropTo('outside', '198.51.100.7/32'), dropTo('second', '192.0.2.8/32')),
  );
  assert.equal(installed.answer.status, 201, JSON.stringify(installed.answer));
  await data.close();
  const credentials = await readCredentials(server.coapsTcp, files);
  const session = await SignalSession.open({ server: server.coapsTcp, cuid: 'c', credentials });
  const documents = [
    protect('192.0.2.1/32'),
    protect('198.51.100.1/32'),
    request({ 'alias-name': ['outside'], lifetime: 3600 }),
    request({ 'target-fqdn': ['in.example'], lifetime: 3600 }),
    { ...protect('198.51.100.2/32', { 'trigger-mitigation': false }) },
  ];
  for (const [index, document] of documents.entries())
    assert.equal((await session.requestMitigation(document, index + 1)).code, '2.01', JSON.stringify(document));
  await session.close();
}

test('after a start with narrower prefixes nothing outside of them is in force, and standard error says what ended', async (t) => {
  const stateDir = await temporaryFolder(t);
  const { clients } = await openLab(join(stateDir, 'lab'), { clients: ['web'] });
  const { cert = '', key = '', identity = '' } = clients.get('web') ?? {};
  const names: Record<string, string[]> = { 'in.example': ['192.0.2.1'] };
  const start = async (ownPrefixes: string[], log: string[]): Promise<Orchestrator> =>
    Orchestrator.start({
      ...{ stateDir, clock: systemClock, resolve: (name: string) => Promise.resolve(names[name] ?? []) },
      log: (line) => log.push(line),
      clients: [{ name: 'web', identities: [identity], ownPrefixes }],
    });
  const first = await start(['192.0.2.0/24', '198.51.100.0/24'], []);
  t.after(() => first.close());
  const files = { ca: first.ca, cert, key };
  await fill(first, files);
  await first.close();
  delete names['in.example'];

  const log: string[] = [];
  const second = await start(['192.0.2.0/24'], log);
  t.after(() => second.close());
  const statuses = second.mitigations().map(({ mid, status }) => [mid, status === 7 ? 'withdrawn' : 'active']);
  assert.deepEqual(statuses, [
    [1, 'active'],
    [2, 'withdrawn'],
    [3, 'withdrawn'],
    [4, 'active'],
  ]);
  assert.deepEqual(
    second.filters().map(({ name }) => name),
    ['inside', 'second'],
  );
  const reports = log.filter((line) => line.includes('outside of this client'));
  assert.deepEqual(
    reports.map((line) => /^The (.*) of "c" was (\w+): /.exec(line)?.slice(1)),
    [
      ['mitigation 2', 'withdrawn'],
      ['mitigation 3', 'withdrawn'],
      ['mitigation 5', 'withdrawn'],
      ['alias "outside"', 'removed'],
      ['ACL "outside"', 'removed'],
    ],
  );
  const rules = second.flowspec().rules.map((rule) => JSON.stringify(rule));
  assert.ok(rules.length > 0 && rules.every((rule) => !rule.includes('198.51.100')), rules.join('\n'));
});
