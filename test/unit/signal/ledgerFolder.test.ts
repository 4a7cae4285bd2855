import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { DotsError } from '#dots/model/errors';
import { systemClock } from '#dots/runtime/clock';
import { stateFolder } from '#dots/runtime/stateFolder';
import { Ledger, serverName, type LedgerOfClient } from '#dots/signal/ledgerFolder';
import { bundled } from '../../support/bundle';
import { folder } from '../../support/dots';
import { root } from '../../support/shared';
import { mitigationOf } from '../../support/ledgerScene';

const name = { address: 'coaps://dots.example.net', cuid: 'c', source: 'derived' } as const;
const clientIn = async (path: string): Promise<LedgerOfClient> => (await Ledger.open(path)).client(name);
const writer = bundled('test/support/ledgerWriter.ts');

async function written(path: string, count: number, by: string): Promise<number[]> {
  const child = spawn(process.execPath, [writer, path, String(count), by], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [out, [status]] = await Promise.all([text(child.stdout), once(child, 'close') as Promise<[number]>]);
  assert.equal(status, 0);
  return out.trim().split('\n').map(Number);
}

test('many processes at once: distinct mids that go up in each of them, and no request is lost', async (t) => {
  const path = folder(t);
  const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
  const all = await Promise.all(names.map((by) => written(path, 8, by)));
  for (const mids of all)
    assert.deepEqual(
      mids,
      [...mids].sort((one, other) => one - other),
    );
  const { entries } = await (await clientIn(path)).read();
  const sorted = all.flat().sort((one, other) => one - other);
  assert.equal(new Set(sorted).size, 64);
  assert.deepEqual(
    entries.map(({ id }) => id).sort((one, other) => one - other),
    sorted,
  );
  assert.ok(entries.every(({ state }) => state === 'accepted'));
  assert.ok(readdirSync(path).length < 20, 'old versions are removed');
});

test('a process that died in the middle of a change leaves nothing that others wait for', async (t) => {
  const path = folder(t);
  await (await clientIn(path)).begin(mitigationOf('a.example.net'));
  const [file = ''] = readdirSync(path).filter((each) => each.endsWith('.json'));
  writeFileSync(join(path, file.replace(/\.1\.json$/, '.2.json.0123456789abcdef')), '{"changes":["half');
  const { entry } = await (await clientIn(path)).begin(mitigationOf('b.example.net'));
  const { entries } = await (await clientIn(path)).read();
  assert.deepEqual([entries.length, entries[1]?.id], [2, entry.id]);
});

test('four requests of one second, and of one process, have four mids', async (t) => {
  const clock = { ...systemClock, now: () => 1_900_000_000_000 };
  const client = (await Ledger.open(folder(t), undefined, clock)).client(name);
  const begun = await Promise.all(['a', 'b', 'c', 'd'].map((each) => client.begin(mitigationOf(each))));
  assert.deepEqual(
    begun.map(({ entry }) => entry.id),
    [1_900_000_000, 1_900_000_001, 1_900_000_002, 1_900_000_003],
  );
});

test('the folder and its files are for their user alone', { skip: process.platform === 'win32' }, async (t) => {
  const path = join(folder(t), 'new', 'dots');
  await (await clientIn(path)).begin(mitigationOf('a.example.net'));
  assert.equal(statSync(path).mode & 0o777, 0o700);
  for (const file of readdirSync(path)) assert.equal(statSync(join(path, file)).mode & 0o777, 0o600, file);
  chmodSync(path, 0o777);
  await assert.rejects(
    Ledger.open(path),
    (error) => error instanceof DotsError && error.code === 'runtime/not-private',
  );
});

test('each server and cuid has a ledger of its own, by the name that its certificate is checked against', async (t) => {
  const path = folder(t);
  const ledger = await Ledger.open(path);
  await ledger.client(name).begin(mitigationOf('a', { id: 1 }));
  await ledger.client({ ...name, address: 'coaps+tcp://DOTS.example.net.:4646' }).begin(mitigationOf('b'));
  await ledger
    .client({ ...name, address: 'coaps://192.0.2.1', serverName: 'Dots.example.net' })
    .begin(mitigationOf('c', { id: 3 }));
  await ledger.client({ ...name, cuid: 'd' }).begin(mitigationOf('a', { id: 7 }));
  assert.deepEqual(
    (await ledger.clients()).map(({ server, cuid, entries }) => [server, cuid, entries.map(({ id }) => id)]),
    [
      ['dots.example.net:4646', 'c', [1, 2, 3]],
      ['dots.example.net:4646', 'd', [7]],
    ],
  );
  assert.equal(serverName('[2001:DB8::1]'), '[2001:db8::1]:4646');
});

test('a damaged file is reported with what to do, and a folder that takes nothing too', async (t) => {
  const path = folder(t);
  await (await clientIn(path)).begin(mitigationOf('a.example.net'));
  const [file = ''] = readdirSync(path).filter((each) => each.endsWith('.json'));
  writeFileSync(join(path, file), readFileSync(join(path, file), 'utf8').slice(0, 20));
  await assert.rejects((await clientIn(path)).read(), /is damaged.*/);
  await assert.rejects(
    Ledger.open(join(path, file, 'dots')),
    /cannot be used: .* Name another folder with --ledger|ledger/,
  );
});

test('a file of the right form with a value that is no ledger is reported as damaged, whatever member is wrong', async (t) => {
  const path = folder(t);
  await (await clientIn(path)).begin(mitigationOf('a.example.net'));
  const [name = ''] = readdirSync(path).filter((each) => each.endsWith('.json'));
  const whole = JSON.parse(readFileSync(join(path, name), 'utf8')) as { value: Record<string, unknown> };
  for (const member of Object.keys(whole.value)) {
    for (const wrong of [undefined, { a: {} }, [{}], 7]) {
      writeFileSync(join(path, name), JSON.stringify({ ...whole, value: { ...whole.value, [member]: wrong } }));
      await assert.rejects((await clientIn(path)).read(), /is damaged/, `${member}: ${JSON.stringify(wrong)}`);
      await assert.rejects((await Ledger.open(path)).clients(), /is damaged/);
    }
  }
});

test('the state folder is that of the XDG specification, and of Windows there', () => {
  const at = (env: Record<string, string>, platform: NodeJS.Platform = 'linux'): string =>
    stateFolder({ env, platform, home: join('home', 'me') });
  assert.equal(at({ XDG_STATE_HOME: join(root, 'state') }), join(root, 'state', 'dots'));
  assert.equal(at({ XDG_STATE_HOME: 'state' }), join('home', 'me', '.local', 'state', 'dots'));
  assert.equal(at({}), join('home', 'me', '.local', 'state', 'dots'));
  assert.equal(at({ LOCALAPPDATA: 'local' }, 'win32'), join('local', 'dots'));
});
