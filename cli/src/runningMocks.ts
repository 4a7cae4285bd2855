import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describeError } from '#dots/model/errors';
import { isObject } from '#dots/model/json';
import { PrivateFolder } from '#dots/runtime/privateFolder';
import { runtimeFolder, runtimeNames } from '#dots/runtime/stateFolder';
import { caller } from './caller';
import { UsageError } from './command';
import type { Io } from './io';

/** A `dots mock` that runs. */
export interface RunningMock {
  pid: number;
  /** The path of its profiles file. */
  profiles: string;
}

const entryName = /^mock-(\d+)\.json$/;

/** Where each `dots mock` of this user has an entry while it runs. */
const entriesFolder = (): string => runtimeFolder(caller());

/**
 * Makes the entry of this process; returns what removes it. If it cannot be made, a message says so, and `--profile
 * mock` does not find this mock.
 */
export async function enterMock(profiles: string, io: Io): Promise<() => Promise<void>> {
  const path = entriesFolder();
  const name = `mock-${process.pid}.json`;
  try {
    const folder = await PrivateFolder.make(path, { names: runtimeNames, notify: (line) => io.say(line) });
    await folder.write(name, JSON.stringify({ pid: process.pid, started: await startOf(process.pid), profiles }));
  } catch (error) {
    io.say(`--profile mock will not find this mock: ${describeError(error)}`);
  }
  return () => rm(join(path, name), { force: true });
}

/** The only running `dots mock` of this user. Throws UsageError if there is none, or several. */
export async function theRunningMock(notDone: string): Promise<RunningMock> {
  const running = await runningMocks();
  const [only, ...more] = running;
  if (only === undefined)
    throw new UsageError(
      `${notDone}: you have no running dots mock.`,
      'Start dots mock, or specify a server with --server.',
    );
  if (more.length === 0) return only;
  const list = running.map(({ pid, profiles }) => `process ${pid} (--profiles ${profiles} --profile lab)`).join(', ');
  throw new UsageError(
    `${notDone}: ${running.length} mocks are running: ${list}.`,
    'Name the profiles of one of them.',
  );
}

/**
 * Those that run, by process; entries that dead ones have left are removed. Throws a DotsError `runtime/not-private`
 * where others could have made them.
 */
async function runningMocks(): Promise<RunningMock[]> {
  const path = entriesFolder();
  const found = await readdir(path).catch(() => []);
  const pids = found.map((name) => Number(entryName.exec(name)?.[1])).filter(Number.isInteger);
  if (pids.length === 0) return [];
  const folder = await PrivateFolder.open(path);
  const running: RunningMock[] = [];
  for (const pid of pids.sort((one, other) => one - other)) {
    const profiles = isRunning(pid) ? await profilesIn(folder, pid, await startOf(pid)) : undefined;
    if (profiles === undefined) await rm(folder.pathOf(`mock-${pid}.json`), { force: true });
    else running.push({ pid, profiles });
  }
  return running;
}

/**
 * The profiles that an entry names; undefined for what no mock has written, and for an entry of an earlier process with
 * this number.
 */
async function profilesIn(folder: PrivateFolder, pid: number, started: string): Promise<string | undefined> {
  try {
    const entry: unknown = JSON.parse((await folder.read(`mock-${pid}.json`)) ?? '');
    if (!isObject(entry) || entry.started !== started) return undefined;
    return typeof entry.profiles === 'string' ? entry.profiles : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/**
 * Whether a process of this user runs: one of another user, which may not be signalled, is not the one that made the
 * entry.
 */
function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/**
 * When a process started, in the words of the kernel: two processes with one number differ in it. Empty where the
 * system does not say, and for a process that has ended and is still listed (proc(5)).
 */
async function startOf(pid: number): Promise<string> {
  const text = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => '');
  // The name of the program is in parentheses, and may contain anything.
  const [state, ...more] = text
    .slice(text.lastIndexOf(')') + 1)
    .trim()
    .split(' ');
  return state === 'Z' || state === 'X' ? '' : (more[18] ?? '');
}
