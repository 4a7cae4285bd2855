import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DataSession } from '#dots/data/session';
import { DotsServer } from '#dots/dotsServer/listeners/dotsServer';
import { TestMitigator } from '../../support/testMitigator';

test('the data channel of a client gets through as long as its path lets it, and that of others all the time', async (t) => {
  const overloaded = new Set<string>();
  const server = await DotsServer.start(new TestMitigator(), {
    clients: [{ name: 'web-1' }, { name: 'web-2' }],
    reaches: (client) => !overloaded.has(client),
  });
  t.after(() => server.close());
  const open = async (name: string): Promise<DataSession> => {
    const files = server.files.clients.get(name) ?? assert.fail(name);
    const session = await DataSession.open({ server: server.addresses.data, ...files });
    t.after(() => session.close());
    return session;
  };
  const one = await open('web-1');
  const acls = { 'ietf-dots-data-channel:acls': { acl: [] } };
  overloaded.add('web-1');
  await assert.rejects(one.install(acls));
  await (await open('web-2')).install(acls);
  overloaded.clear();
  await (await open('web-1')).install(acls);
});
