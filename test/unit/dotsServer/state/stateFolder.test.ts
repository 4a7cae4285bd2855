import assert from 'node:assert/strict';
import {
  appendFileSync,
  chmodSync,
  copyFileSync,
  linkSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { DotsError } from '#dots/model/errors';
import type { JsonObject } from '#dots/model/json';
import { storedEntry } from '#dots/dotsServer/state/dataClient';
import { DataClients } from '#dots/dotsServer/state/dataClients';
import type { JournalChange } from '#dots/dotsServer/state/journal';
import { recordLines } from '#dots/dotsServer/state/journalRecords';
import { requested, type Mitigation } from '#dots/dotsServer/state/lifecycle';
import { defaultPolicy as policy } from '#dots/dotsServer/state/policy';
import { ServerState } from '#dots/dotsServer/state/serverState';
import { readStateFolder } from '#dots/dotsServer/state/stateFolder';
import { folder } from '../../../support/dots';
import { FakeClock } from '../../../support/protocol/fakeClock';
import { TestMitigator } from '../../../support/testMitigator';

const clock = new FakeClock();
const head = 'dots journal 1\n';

interface Scene {
  state: ServerState;
  notices: string[];
}

async function open(stateDir: string, discardState = false): Promise<Scene> {
  const notices: string[] = [];
  const options = { stateDir, discardState, clock, policy, mitigator: new TestMitigator() };
  return { state: await ServerState.open({ ...options, notify: (sentence) => notices.push(sentence) }), notices };
}

function mitigation(mid: number): Mitigation {
  const scope = { 'target-prefix': ['192.0.2.0/24'] };
  return requested({ cuid: 'c', mid, scope, terminatingMs: 120_000 }, 3600, clock.now());
}

/** A folder with the state of a server that has stopped: two mitigations. */
async function stateFolder(t: TestContext): Promise<string> {
  const path = join(folder(t), 'state');
  const { state } = await open(path);
  for (const mid of [1, 2]) await state.exclusive(() => state.mitigations.put(mitigation(mid)));
  await state.close();
  return path;
}

const journalIn = (path: string): string => join(path, 'journal');

async function midsAfter(path: string): Promise<{ mids: number[]; notices: string[] }> {
  const { state, notices } = await open(path);
  const mids = state.mitigations.all().map(({ mid }) => mid);
  await state.close();
  return { mids, notices };
}

const refused =
  (pattern: RegExp) =>
  (error: unknown): boolean => {
    assert.ok(error instanceof DotsError, String(error));
    assert.equal(error.code, 'orchestrator/state-unreadable');
    assert.match(`${error.message} ${error.hint}`, pattern);
    return true;
  };

/** A journal of one record, as a server writes it. */
const journalOf = (...changes: JournalChange[]): string => head + recordLines([changes], '').text;

test('a last record that was cut off anywhere is dropped and reported, and the rest counts', async (t) => {
  const path = await stateFolder(t);
  const whole = readFileSync(journalIn(path));
  const last = whole.lastIndexOf('\n', whole.length - 2) + 1;
  for (const cut of [1, 2, 17, whole.length - last - 1]) {
    writeFileSync(journalIn(path), whole);
    truncateSync(journalIn(path), whole.length - cut);
    const { mids, notices } = await midsAfter(path);
    assert.deepEqual(mids, [1], `${cut} bytes`);
    assert.match(notices.join(), /journal ended in the middle of a record, .*: its \d+ bytes were dropped\./);
    assert.deepEqual(readFileSync(journalIn(path)), whole.subarray(0, last), 'what follows begins a line');
  }
});

const displacements: [string, (journal: string, aside: string) => void][] = [
  ['removed', (journal) => rmSync(journal)],
  ['moved', (journal, aside) => renameSync(journal, aside)],
  ['removed, with another name left', (journal, aside) => (linkSync(journal, aside), rmSync(journal))],
  ['replaced by a copy', (journal, aside) => (copyFileSync(journal, aside), renameSync(aside, journal))],
];

for (const [how, displace] of displacements)
  test(`nothing is acknowledged while the journal is ${how}: the next server would not find it`, async (t) => {
    const path = await stateFolder(t);
    const { state } = await open(path);
    t.after(() => state.close());
    displace(journalIn(path), `${journalIn(path)}.aside`);
    await assert.rejects(
      state.exclusive(() => state.mitigations.put(mitigation(3))),
      /Nothing was stored: .*journal cannot be written: it was moved or removed/,
    );
    assert.deepEqual(
      state.mitigations.all().map(({ mid }) => mid),
      [1, 2],
    );
  });

test('a journal with a changed, missing or moved record is refused with the byte and the choice', async (t) => {
  const path = await stateFolder(t);
  const [first = '', one = '', two = ''] = readFileSync(journalIn(path), 'utf8').split('\n');
  const cases: [string, RegExp][] = [
    [
      `${first}\n${one.replace('3600', '3601').replace('192', '193')}\n${two}\n`,
      /byte 15, .*checksum of the record is wrong/,
    ],
    [`${first}\n${one}\n${two.replace('192', '193')}\n`, new RegExp(`byte ${first.length + one.length + 2}, `)],
    [`${first}\n${two}\n`, /byte 15, .*checksum/],
    [`${first}\n${two}\n${one}\n`, /byte 15, .*checksum/],
    [`${first}\n${one}\n\n${two}\n`, /checksum/],
    ['', /byte 0, .*it is empty/],
    ['\0'.repeat(100), /byte 0, .*it does not begin as a journal does/],
    ['dots journal 2\n', /byte 0, /],
    [head + recordLines([{ a: 1 } as unknown as JournalChange[]], '').text, /byte 15, .*not a list of changes/],
  ];
  for (const [text, pattern] of cases) {
    writeFileSync(journalIn(path), text);
    await assert.rejects(open(path), refused(pattern), pattern.source);
    await assert.rejects(readStateFolder(path), refused(pattern), 'a reader refuses it as well');
    await assert.rejects(open(path), refused(/--discard-state/));
    assert.equal(readFileSync(journalIn(path), 'utf8'), text, 'it stays as it is');
  }
});

test('stored content that no server stores is refused, though its checksum is right', async (t) => {
  const path = await stateFolder(t);
  const good = mitigation(1) as unknown as JsonObject;
  const client = { cuid: 'c', owner: 'o', aliases: [], acls: [] };
  const part = (value: JsonObject): JsonObject => ({ cuid: 'c', value, expiresAt: clock.now(), position: 0 });
  const cases: [JournalChange, RegExp][] = [
    [['mitigation', '1 c', { ...good, mid: -1 }], /"mid" is missing or invalid/],
    [['mitigation', '1 c', { ...good, status: 9 }], /"status" is missing or invalid/],
    [['mitigation', '1 c', { ...good, status: '2' }], /"status" is missing or invalid/],
    [['mitigation', '1 c', { ...good, status: [2] }], /"status" is missing or invalid/],
    [['mitigation', '1 c\0', { ...good, cuid: 'c\0' }], /"cuid" is missing or invalid/],
    [['mitigation', '1 c', { ...good, cdid: 'd\x01' }], /"cdid" is missing or invalid/],
    [['mitigation', '1 c', { ...good, since: null }], /"since" is missing or invalid/],
    [['mitigation', '1 c', { ...good, startedAt: null }], /"startedAt" is null/],
    [['mitigation', '1 c', { ...good, more: 1 }], /"more" is unknown/],
    [['mitigation', '1 c', { ...good, scope: { 'target-prefix': ['192.0.2.0/33'] } }], /target-prefix/],
    [['mitigation', '1 c', { ...good, scope: {} }], /target/],
    [['mitigation', '2 c', good], /its key is "2 c"/],
    [['client', 'c', { ...client, aliases: [{ value: {}, expiresAt: 1 }] }], /name/],
    [
      ['client', 'c', { ...client, acls: [{ value: { name: 'a', type: 'x' }, expiresAt: 1 }] }],
      /the client in the record/,
    ],
    [['client', 'c', { ...client, aliases: [{ value: { name: 'a' } }] }], /"aliases" is missing or invalid/],
    [['telemetry', 'tsid 1 c', { cuid: 'c', kind: 'tsid', id: 1, body: { x: 1 } }], /the telemetry in the record/],
    [['other', 'c', { cuid: 'c' }], /there is no table "other"/],
    [['client', 'c', { cuid: 'c', owner: 'o', acls: [1] }], /"acls" is missing or invalid/],
    [['acl', '["c","a"]', part({ name: 'a', type: 'x' })], /the acl in the record/],
    [['acl', '["c","b"]', part({ name: 'a' })], /its key is .*b/],
    [['alias', '["c","a"]', part({ name: 'a', 'target-prefix': ['192.0.2.0/24'] })], /its client is missing/],
    [['alias', '["c","a"]', { ...part({ name: 'a' }), position: 'x' }], /"position" is missing or invalid/],
  ];
  for (const [change, pattern] of cases) {
    writeFileSync(journalIn(path), journalOf(change));
    await assert.rejects(open(path), refused(pattern), pattern.source);
    await assert.rejects(open(path), refused(/damaged at byte 15,/));
  }
});

test('--discard-state sets the state aside under a name with the date, and begins with none', async (t) => {
  const path = await stateFolder(t);
  appendFileSync(journalIn(path), 'damage\n');
  const { state, notices } = await open(path, true);
  assert.deepEqual(state.mitigations.all(), []);
  await state.close();
  const [aside = ''] = readdirSync(path).filter((name) => name.startsWith('journal.discarded-'));
  assert.match(aside, /^journal\.discarded-\d{8}T\d{6}\.\d{3}Z$/);
  assert.match(notices.join(), new RegExp(`journal was renamed to ${aside}`));
  assert.match(readFileSync(join(path, aside), 'utf8'), /damage\n$/);
});

test('the files of an earlier version are read once, with everything in them', async (t) => {
  const path = folder(t);
  const client = {
    cuid: 'c',
    owner: 'o',
    aliases: [storedEntry({ name: 'a', 'target-prefix': ['192.0.2.0/24'] }, clock.now())],
    acls: [],
  };
  const setup = { telemetry: [{ 'current-config': { 'measurement-interval': 'hour' } }] };
  const files = {
    'mitigations.json': { version: 1, mitigations: [mitigation(1), mitigation(2)] },
    'data.json': { version: 1, clients: [client] },
    'telemetry.json': { version: 1, entries: [{ cuid: 'c', kind: 'tsid', id: 3, body: setup }] },
  };
  for (const [name, content] of Object.entries(files))
    writeFileSync(join(path, name), JSON.stringify(content), { mode: 0o600 });
  chmodSync(path, 0o700);
  const entries = (await readStateFolder(path)).entries.length;
  assert.equal(entries, 4, 'a reader sees them before a server has read them');
  for (let start = 1; start <= 2; start++) {
    const { state, notices } = await open(path);
    assert.deepEqual(
      state.mitigations.all().map(({ mid }) => mid),
      [1, 2],
    );
    assert.deepEqual(state.clients.all(), [client]);
    assert.equal(state.telemetry.ofClient('c').length, 1);
    assert.equal(notices.filter((line) => line.includes('was read into the journal')).length, start === 1 ? 3 : 0);
    await state.close();
  }
  writeFileSync(join(path, 'data.json'), JSON.stringify({ version: 1, clients: [] }), { mode: 0o600 });
  assert.match(
    (await midsAfter(path)).notices.join(),
    /data\.json, of an earlier version, is not used: the journal beside it is newer/,
  );
});

test('files of an earlier version that are damaged are refused, and no journal is made', async (t) => {
  const path = folder(t);
  chmodSync(path, 0o700);
  const bad = { ...mitigation(1), scope: { 'target-prefix': ['x'] } };
  for (const text of [
    '{',
    '[]',
    '{"version":1,"mitigations":[{"cuid":"c"}]}',
    '{"version":1,"mitigations":[1]}',
    '{"version":2,"mitigations":[]}',
    JSON.stringify({ version: 1, mitigations: [bad] }),
  ]) {
    writeFileSync(join(path, 'mitigations.json'), text, { mode: 0o600 });
    await assert.rejects(open(path), refused(/mitigations\.json/), text);
    assert.ok(!readdirSync(path).includes('journal'));
  }
});

test('a folder in use is refused with the number of the process; a reader reads beside it', async (t) => {
  const path = join(folder(t), 'state');
  const { state } = await open(path);
  await state.exclusive(() => state.mitigations.put(mitigation(1)));
  await assert.rejects(
    open(path),
    (error: unknown) =>
      error instanceof DotsError &&
      error.code === 'orchestrator/state-in-use' &&
      error.message.endsWith(`is in use by process ${process.pid}.`),
  );
  assert.equal((await readStateFolder(path)).entries.length, 1);
  await state.close();
});

test('a journal that others could write to is refused, and one that they can read is theirs no longer', async (t) => {
  const path = await stateFolder(t);
  chmodSync(journalIn(path), 0o666);
  await assert.rejects(
    open(path),
    (error: unknown) => error instanceof DotsError && error.code === 'runtime/not-private',
  );
  chmodSync(journalIn(path), 0o644);
  const { notices } = await midsAfter(path);
  assert.equal(statSync(journalIn(path)).mode & 0o777, 0o600);
  assert.match(notices.join(), /journal was readable by other users/);
});

test('a file in the place of the folder is refused with a sentence', async (t) => {
  const path = join(folder(t, { file: '' }), 'file');
  await assert.rejects(
    open(path),
    (error: unknown) => error instanceof DotsError && error.code === 'orchestrator/state-folder',
  );
});

test('clients and their ACLs come back as they were', async (t) => {
  const path = await stateFolder(t);
  const first = await open(path);
  const acl = { name: 'drop', type: 'ipv4-acl-type', 'activation-type': 'immediate' };
  const client = {
    cuid: 'c',
    owner: 'o',
    ownPrefixes: ['192.0.2.0/24', '2001:db8::/32'],
    aliases: [],
    acls: [{ ...storedEntry(acl, clock.now()), position: 0 }],
  };
  await first.state.exclusive(() => first.state.clients.put(client));
  await first.state.close();
  const { state } = await open(path);
  assert.ok(state.clients instanceof DataClients);
  assert.deepEqual(state.clients.find('c'), client, 'also an ACL whose ACEs were all removed');
  await state.close();
});
