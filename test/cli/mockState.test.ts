import assert from 'node:assert/strict';
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { mitigationKey } from '#dots/dotsServer/state/lifecycle';
import { readStateFolder } from '#dots/dotsServer/state/stateFolder';
import { SignalSession } from '#dots/signal/session';
import { command, dots, folder, startMock } from '../support/dots';
import { protect } from '../support/protocol/scene';
import { Random } from '../support/random';

const cuid = 'one';
const patience = { timeoutMs: 2_000 };

/**
 * What a client knows of its mitigations by what was answered: a mid that is in neither list was asked for and not
 * answered.
 */
interface Known {
  requested: Set<number>;
  withdrawn: Set<number>;
  refused: Set<number>;
}

/** The mid of the next request; undefined ends the client. */
type NextMid = () => number | undefined;

const prefix = (mid: number): string => `198.51.${100 + (mid >> 8)}.${mid & 255}/32`;

/**
 * A client that requests mitigations and withdraws each third one, until the server does not answer. Calls back after
 * each answer.
 */
async function ask(signal: string, next: NextMid, known: Known, answered = (): void => undefined): Promise<void> {
  const session = await SignalSession.open({ server: signal, cuid });
  try {
    for (let mid = next(); mid !== undefined; mid = next()) {
      const { code } = await session.requestMitigation(protect(prefix(mid)), mid, patience);
      if (code === '2.01') known.requested.add(mid);
      else if (code.startsWith('5.')) known.refused.add(mid);
      answered();
      if (code !== '2.01' || mid % 3 > 0) continue;
      if ((await session.withdraw(mid, patience)).code === '2.02') known.withdrawn.add(mid);
      answered();
    }
  } catch {
    // The server has ended.
  } finally {
    await session.close();
  }
}

function counting(): () => number {
  let mid = 0;
  return () => (mid += 1);
}

/** These, then no more. */
function only(...mids: number[]): NextMid {
  return () => mids.shift();
}

/** The status of each mitigation in a state folder, by mid. */
async function storedIn(state: string): Promise<Map<number, number>> {
  const { entries } = await readStateFolder(state);
  const mitigations = entries.filter(({ table }) => table === 'mitigation');
  return new Map(
    mitigations.map(({ key, value }) => {
      const { mid, status } = value as { mid: number; status: number };
      assert.equal(key, mitigationKey({ cuid, mid }));
      return [mid, status];
    }),
  );
}

async function verify(state: string, known: Known): Promise<void> {
  const stored = await storedIn(state);
  for (const mid of known.requested) assert.ok(stored.has(mid), `mid ${mid} was acknowledged and is lost`);
  for (const mid of known.withdrawn) assert.equal(stored.get(mid), 5, `the withdrawal of mid ${mid} is lost`);
  for (const mid of known.refused) assert.ok(!stored.has(mid), `mid ${mid} was refused and is stored`);
}

const nothing = (): Known => ({ requested: new Set(), withdrawn: new Set(), refused: new Set() });

async function killed(child: ChildProcessWithoutNullStreams): Promise<void> {
  child.kill('SIGKILL');
  await once(child, 'exit');
}

test('a mock that is killed while it answers has lost and doubled nothing, over several lives', async (t) => {
  const state = join(folder(t), 'state');
  const known = nothing();
  const mids = counting();
  const random = new Random(11);
  for (let life = 0; life < 4; life++) {
    const { child, signal } = await startMock(t, '--state', state);
    const ended = once(child, 'exit');
    let left = 10 + random.below(10);
    const kill = (): void => {
      left -= 1;
      if (left === 0) child.kill('SIGKILL');
    };
    await Promise.all([ask(signal, mids, known, kill), ask(signal, mids, known, kill), ask(signal, mids, known, kill)]);
    // On a slow machine the clients may end first, each with a request that was not answered in time.
    child.kill('SIGKILL');
    await ended;
    await verify(state, known);
  }
  assert.ok(known.requested.size >= 20 && known.withdrawn.size > 0);
});

test('on a full disk what is refused has no effect, and what was acknowledged before is kept', async (t) => {
  const state = join(folder(t), 'state');
  const first = await startMock(t, '--state', state);
  await killed(first.child);
  // The system takes no byte of a file beyond 8 KiB, as where the disk is full.
  const limited = ['-c', 'ulimit -f 8; exec "$0" "$@"', process.execPath, command, 'mock', '--plain', '--state', state];
  const child = spawn('bash', limited);
  t.after(() => child.kill('SIGKILL'));
  child.stderr.resume();
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
  const known = nothing();
  const { signal } = JSON.parse(line) as { signal: string };
  const mids = counting();
  await ask(signal, () => (known.refused.size < 5 ? mids() : undefined), known);
  assert.ok(known.requested.size > 3, 'some were stored before');
  assert.equal(known.refused.size, 5);
  await verify(state, known);
  await killed(child);
  await verify(state, known);
  const { signal: again } = await startMock(t, '--state', state);
  const session = await SignalSession.open({ server: again, cuid });
  assert.equal((await session.requestMitigation(protect(prefix(999)), 999)).code, '2.01');
  for (const mid of known.refused) assert.equal((await session.status(mid)).code, '4.04');
  await session.close();
});

test('a second mock with the same state does not start, and names the first; the first goes on', async (t) => {
  const state = join(folder(t), 'state');
  const { child, signal } = await startMock(t, '--state', state);
  const { status, out, err } = dots(['mock', '--state', state]);
  assert.deepEqual([status, out], [2, '']);
  assert.match(
    err,
    new RegExp(`^dots mock: The state folder .* is in use by process ${child.pid}\\. Stop that process, `, 'm'),
  );
  const known = nothing();
  await ask(signal, only(1, 2, 4), known);
  assert.equal(known.requested.size, 3);
  const rules = dots(['flowspec', '--state', state]);
  assert.equal(rules.status, 0);
  assert.match(rules.out, /198\.51\.100\.4\/32/, 'a reader sees what is stored while the mock runs');
  await killed(child);
  await startMock(t, '--state', state);
});

test('a mock that starts while the one before it is ending waits for it', async (t) => {
  const state = join(folder(t), 'state');
  let { child } = await startMock(t, '--state', state);
  for (const signal of ['SIGTERM', 'SIGKILL', 'SIGTERM'] as const) {
    child.kill(signal);
    ({ child } = await startMock(t, '--state', state));
  }
});

test('a damaged journal is refused with the byte and the choice; --discard-state sets it aside', async (t) => {
  const state = join(folder(t), 'state');
  const { child, signal } = await startMock(t, '--state', state);
  await ask(signal, only(1), nothing());
  await killed(child);
  const journal = join(state, 'journal');
  const size = readFileSync(journal).length;
  appendFileSync(journal, 'damage\n');
  const { status, err } = dots(['mock', '--state', state]);
  assert.equal(status, 2);
  assert.match(
    err,
    new RegExp(`^dots mock: The journal .*journal, damaged at byte ${size}, cannot be used: .*--discard-state`, 'm'),
  );
  assert.equal(dots(['flowspec', '--state', state]).status, 2);
  await startMock(t, '--state', state, '--discard-state');
  assert.equal((await storedIn(state)).size, 0);
  assert.ok(readdirSync(state).some((name) => name.startsWith('journal.discarded-')));
  const missing = dots(['mock', '--discard-state']);
  assert.deepEqual([missing.status, missing.err.includes('--state DIR')], [2, true]);
});

test('a record that was cut off is dropped, and standard error says so', async (t) => {
  const state = join(folder(t), 'state');
  const { child, signal } = await startMock(t, '--state', state);
  await ask(signal, only(1, 2), nothing());
  await killed(child);
  const journal = join(state, 'journal');
  writeFileSync(journal, readFileSync(journal).subarray(0, -5));
  assert.ok(existsSync(journal));
  const second = spawn(process.execPath, [command, 'mock', '--state', state]);
  t.after(() => second.kill('SIGKILL'));
  second.stdout.resume();
  const lines: string[] = [];
  for await (const line of createInterface(second.stderr)) {
    lines.push(line);
    if (line.includes('journal ended')) break;
  }
  assert.match(lines.at(-1) ?? '', /journal ended in the middle of a record, .*were dropped\./);
});
