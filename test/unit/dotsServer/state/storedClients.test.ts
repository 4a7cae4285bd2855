import assert from 'node:assert/strict';
import { test } from 'node:test';
import { storedEntry, type DataClient, type StoredEntry } from '#dots/dotsServer/state/dataClient';
import { DataClients } from '#dots/dotsServer/state/dataClients';
import type { JournalChange } from '#dots/dotsServer/state/journal';
import { Store } from '#dots/dotsServer/state/store';
import { FakeClock } from '../../../support/protocol/fakeClock';
import { Random } from '../../../support/random';
import { KeptJournal } from '../../../support/stateScene';

/** A journal that counts what it is asked to store. */
class CountingJournal extends KeptJournal {
  octets = 0;

  override append(requests: readonly (readonly JournalChange[])[]): Promise<void> {
    this.octets += JSON.stringify(requests).length;
    return super.append(requests);
  }
}

interface Scene {
  journal: CountingJournal;
  clock: FakeClock;
  clients: DataClients;
  /** Changes the client as a request does. */
  change: (edit: (acls: StoredEntry[]) => StoredEntry[]) => Promise<void>;
  remove: () => Promise<void>;
}

const empty: DataClient = { cuid: 'c', owner: 'o', aliases: [], acls: [] };
const acl = (name: string, clock: FakeClock): StoredEntry =>
  storedEntry({ name, type: 'ipv4-acl-type', 'activation-type': 'immediate' }, clock.now());

function open(clock = new FakeClock(), journal = new CountingJournal()): Scene {
  const store = new Store(journal, journal.stored);
  const clients = new DataClients(store, clock);
  store.refuseUnknownTables();
  return {
    journal,
    clock,
    clients,
    change: (edit) =>
      store.exclusive(() => {
        const known = clients.find('c') ?? empty;
        clients.put({ ...known, acls: edit(known.acls) });
      }),
    remove: () => store.exclusive(() => clients.remove('c')),
  };
}

const contentOf = ({ clients }: Scene): unknown =>
  clients.find('c')?.acls.map(({ value, expiresAt }) => [value.name, expiresAt]);

test('a PUT of an ACL, its replacement and its removal write as many octets beside 10 ACLs as beside 1,000', async () => {
  const written: number[][] = [];
  for (const size of [10, 100, 1000]) {
    const { journal, clock, change } = open();
    await change(() => Array.from({ length: size }, (_, number) => acl(`acl ${number}`, clock)));
    const edits: ((acls: StoredEntry[]) => StoredEntry[])[] = [
      (acls) => [...acls, acl('last', clock)],
      (acls) => [acl('first', clock), ...acls],
      (acls) => acls.map((entry) => (entry.value.name === 'acl 5' ? acl('acl 5', clock) : entry)),
      (acls) => [...acls.slice(0, 5), acl('between', clock), ...acls.slice(5)],
      (acls) => acls.filter(({ value }) => value.name !== 'acl 3'),
    ];
    const octets: number[] = [];
    for (const edit of edits) {
      const before = journal.octets;
      await change(edit);
      octets.push(journal.octets - before);
    }
    written.push(octets);
  }
  const [few = [], ...more] = written;
  for (const many of more)
    many.forEach((octets, index) => assert.ok(Math.abs(octets - (few[index] ?? 0)) <= 4, `${octets}, ${few[index]}`));
});

test('after any changes, refused ones among them, a restart finds the ACLs in their order', async () => {
  const random = new Random(14);
  const scene = open();
  const { clock, journal, change } = scene;
  for (let step = 0; step < 400; step++) {
    const entry = acl(`acl ${random.below(12)}`, clock);
    const insert = (acls: StoredEntry[]): StoredEntry[] => {
      const others = acls.filter(({ value }) => value.name !== entry.value.name);
      const at = random.below(others.length + 1);
      return [...others.slice(0, at), entry, ...others.slice(at)];
    };
    const remove = (acls: StoredEntry[]): StoredEntry[] => acls.filter(() => random.below(4) > 0);
    if (step % 7 === 3)
      await assert.rejects(
        change((acls) => {
          insert(acls);
          throw new Error('refused');
        }),
      );
    else await Promise.all([change(insert), change(step % 3 === 0 ? remove : insert)]);
    clock.set(clock.now() + 1000);
    assert.deepEqual(contentOf(open(clock, journal)), contentOf(scene), `step ${step}`);
  }
});

test('so many ACLs in the same place that no number is left between two keep their order', async () => {
  const scene = open();
  const { clock, journal, change } = scene;
  await change(() => [acl('first', clock), acl('last', clock)]);
  for (let number = 0; number < 120; number++)
    await change(([first, ...rest]) => [first as StoredEntry, acl(`acl ${number}`, clock), ...rest]);
  assert.deepEqual(contentOf(open(clock, journal)), contentOf(scene));
});

test('what has expired is not written, and the next change removes it; of a client that is removed nothing is left', async () => {
  const { clock, journal, clients, change, remove } = open();
  await change(() => [acl('old', clock)]);
  const [before] = [journal.octets];
  clock.set(clock.now() + 10_081 * 60_000);
  assert.deepEqual(clients.find('c')?.acls, []);
  assert.equal(journal.octets, before);
  assert.equal(journal.stored.entries.length, 2);
  await change(() => [acl('new', clock)]);
  assert.equal(journal.stored.entries.length, 2);
  clock.set(clock.now() + 10_081 * 60_000);
  await remove();
  assert.deepEqual(journal.stored.entries, []);
});

test('a client as an earlier version stored it is read, and stored as entries with its next change', async () => {
  const clock = new FakeClock();
  const journal = new CountingJournal();
  const acls = [acl('one', clock), acl('two', clock)];
  await journal.append([[['client', 'c', { ...empty, acls } as never]]]);
  const scene = open(clock, journal);
  assert.deepEqual(contentOf(scene), [
    ['one', acls[0]?.expiresAt],
    ['two', acls[1]?.expiresAt],
  ]);
  await scene.change(([one]) => [acl('zero', clock), one as StoredEntry]);
  assert.deepEqual(contentOf(open(clock, journal)), contentOf(scene));
  assert.equal(journal.stored.entries.length, 3);
});
