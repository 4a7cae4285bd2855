import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { EntryChange } from '#dots/data/differences';
import type { DataSession } from '#dots/data/session';
import { ace, acl, acls, cuid, openData } from '../../support/protocol/dataScene';
import { restconfPeer, type Peer, type PeerOptions } from '../../support/protocol/restconfPeer';
import { startOrchestrator } from '../../support/protocol/scene';

const openPeer = async (t: TestContext, options?: PeerOptions): Promise<{ peer: Peer; session: DataSession }> => {
  const peer = await restconfPeer(t, options);
  peer.entries.set('a', acl('a', ace('ntp', 123)));
  return { peer, session: await openData(t, { data: peer.server, ...peer.lab.files }) };
};
const methodsOf = ({ asked }: Peer): string[] =>
  asked.map(({ method, path }) => `${method} ${path.split(cuid)[1] ?? ''}`);
const linkTo = (href: string): string => `<XRD><Link rel='restconf' href='${href}'></Link></XRD>`;

test('a server is reached whose host-meta has an absolute link', async (t) => {
  const { peer, session } = await openPeer(t, {
    root: '/v1/restconf',
    hostMeta: (own) => linkTo(`${own}/v1/restconf`),
  });
  assert.equal((await session.get('acls')).status, 200);
  assert.match(peer.asked[0]?.path ?? '', /^\/v1\/restconf\/data\/ietf-dots-data-channel:dots-data\/dots-client=/);
});

test('a link to another origin is refused, and nothing is asked there', async (t) => {
  const other = await restconfPeer(t);
  const { peer, session } = await openPeer(t, { hostMeta: () => linkTo(`${other.server}/restconf`) });
  await assert.rejects(session.get('acls'), { code: 'data/other-origin', kind: 'malformed' });
  assert.deepEqual([peer.asked.length, other.asked.length], [0, 0]);
});

for (const tags of ['entry', 'datastore'] as const)
  test(`what is replaced is announced before, and still has its entity tag (that of the ${tags})`, async (t) => {
    const { peer, session } = await openPeer(t, { tags });
    peer.entries.set('b', acl('b', ace('dns', 53)));
    const announced: EntryChange[][] = [];
    const announce = (changes: EntryChange[]): void => {
      assert.ok(peer.asked.every(({ method }) => method !== 'PUT'));
      announced.push(changes);
    };
    const installed = await session.install(acls(acl('a', ace('ntp', 1)), acl('b', ace('dns', 53)), acl('c')), {
      announce,
    });
    assert.deepEqual([installed.answer.ok, installed.replaced, installed.registered], [true, true, false]);
    assert.deepEqual(announced, [installed.changes]);
    assert.deepEqual(
      installed.changes.map(({ name, change }) => [name, change]),
      [
        ['a', 'changed'],
        ['b', 'unchanged'],
        ['c', 'added'],
      ],
    );
    const puts = peer.asked.filter(({ method }) => method === 'PUT');
    assert.deepEqual(
      puts.map(({ ifMatch }) => ifMatch !== undefined),
      [true, true, false],
    );
  });

test('an entry that another changes after it was announced is not replaced', async (t) => {
  const foreign = acl('a', ace('ntp', 999));
  const { peer, session } = await openPeer(t, {
    tags: 'entry',
    afterGet: (entries) => void entries.set('a', foreign),
  });
  await assert.rejects(session.install(acls(acl('a', ace('ntp', 1)))), {
    code: 'data/changed-meanwhile',
    hint: /Repeat the command/,
  });
  assert.deepEqual(peer.entries.get('a'), foreign);
});

test('without entity tags an entry is replaced after one GET', async (t) => {
  const { peer, session } = await openPeer(t);
  await session.install(acls(acl('a', ace('ntp', 1))));
  assert.deepEqual(methodsOf(peer), ['POST ', 'GET /acls?content=config', 'PUT /acls/acl=a']);
});

test('PATCH sets the activation of an ACL and nothing else, if it is still the same', async (t) => {
  const { peer, session } = await openPeer(t, { patch: true, tags: 'entry' });
  const { answer, change } = await session.activate('a', 'immediate');
  assert.deepEqual([answer.status, change?.members.length], [204, 1]);
  assert.deepEqual(methodsOf(peer), ['GET /acls/acl=a?content=config', 'PATCH /acls/acl=a']);
  assert.deepEqual(peer.asked[1]?.body, acls({ name: 'a', 'activation-type': 'immediate' }));
  assert.equal(peer.asked[1]?.ifMatch, '"a-0"');
  assert.deepEqual(peer.entries.get('a'), { ...acl('a', ace('ntp', 123)), 'activation-type': 'immediate' });
});

test('on a server without PATCH the whole ACL is replaced', async (t) => {
  const { peer, session } = await openPeer(t);
  assert.equal((await session.activate('a', 'deactivate')).answer.status, 204);
  assert.deepEqual(peer.entries.get('a'), { ...acl('a', ace('ntp', 123)), 'activation-type': 'deactivate' });
});

test('an entry that another changed after it was read is neither activated nor removed', async (t) => {
  const { peer, session } = await openPeer(t, { patch: true, tags: 'datastore' });
  const change = (): Promise<unknown> => session.install(acls(acl('other')));
  assert.equal(
    (await session.activate('a', 'immediate', { announce: async () => void (await change()) })).answer.status,
    412,
  );
  peer.entries.delete('other');
  assert.equal((await session.remove('acls', 'a', { announce: async () => void (await change()) })).answer.status, 412);
  assert.ok(peer.entries.has('a'));
});

test('what does not exist is neither activated nor removed: nothing is announced', async (t) => {
  const { peer, session } = await openPeer(t, { patch: true });
  const announce = (): void => assert.fail();
  for (const { answer, change } of [
    await session.activate('x', 'immediate', { announce }),
    await session.remove('acls', 'x', { announce }),
  ])
    assert.deepEqual([answer.status, change], [404, undefined]);
  assert.ok(peer.asked.every(({ method }) => method === 'GET'));
});

test('the embedded server: installed, activated, deactivated, removed', async (t) => {
  const orchestrator = await startOrchestrator(t);
  const session = await openData(t, orchestrator);
  await session.install(acls(acl('a b/c', ace('ntp', 123))));
  assert.equal((await session.activate('a b/c', 'immediate')).answer.status, 204);
  assert.deepEqual(
    orchestrator.filters().map(({ activationType, active }) => [activationType, active]),
    [['immediate', true]],
  );
  assert.equal((await session.activate('a b/c', 'deactivate')).answer.status, 204);
  assert.equal(orchestrator.filters()[0]?.active, false);
  assert.equal((await session.remove('acls', 'a b/c')).answer.status, 204);
  assert.equal(orchestrator.filters().length, 0);
});

test('what belongs to the server is below dots-data itself, and what belongs to the client below its cuid', async (t) => {
  const { peer, session } = await openPeer(t);
  await session.get('capabilities');
  await session.get('vendor-mapping', { depth: 3 });
  await session.get('');
  assert.deepEqual(
    peer.asked.map(({ path }) => path.replace('/restconf/data/ietf-dots-data-channel:dots-data', '')),
    ['/capabilities', '/ietf-dots-mapping:vendor-mapping?depth=3', `/dots-client=${cuid}`],
  );
});

test('a weak entity tag and one that is no tag are not used', async (t) => {
  for (const tag of ['W/"1"', 'text']) {
    const { peer, session } = await openPeer(t, { patch: true, tag });
    assert.equal((await session.activate('a', 'immediate')).answer.status, 204);
    assert.equal(peer.asked.at(-1)?.ifMatch, undefined);
  }
});

const deep = `{"ietf-dots-data-channel:acls":{"acl":[{"name":"a","x":${'['.repeat(100_000)}${']'.repeat(100_000)}}]}}`;

for (const [name, body] of [
  ['other entries', JSON.stringify(acls(acl('b')))],
  ['no JSON', '<html>'],
  ['endless nesting', deep],
] as const)
  test(`an answer with ${name} is an error, and nothing is changed`, async (t) => {
    const { peer, session } = await openPeer(t, { body });
    const unusable = { kind: 'malformed', code: 'data/unusable-answer' };
    await assert.rejects(session.activate('a', 'immediate'), unusable);
    await assert.rejects(session.remove('acls', 'a'), unusable);
    const { answer, replaced } = await session.install(acls(acl('a')));
    assert.deepEqual([answer.status, replaced], [409, false]);
    assert.ok(peer.asked.every(({ method }) => method === 'GET' || method === 'POST'));
  });
