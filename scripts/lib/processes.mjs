import { spawn } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Problem } from './problem.mjs';

const posix = process.platform !== 'win32';
const live = new Set();
const cleanups = new Set();

process.on('exit', () => {
  for (const child of live) signalGroup(child, 'SIGKILL');
  for (const cleanup of cleanups) cleanup();
});

const signals = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 };
// Ending through process.exit runs the handler above, so that nothing outlives the script.
let onSignal = (signal) => process.exit(128 + signals[signal]);
for (const signal of Object.keys(signals)) process.on(signal, () => onSignal(signal));

// npm that receives a signal to end passes it only to the shell between it and this process.
if (process.env.npm_lifecycle_event !== undefined) {
  const { ppid } = process;
  setInterval(() => {
    if (process.ppid !== ppid) onSignal('SIGTERM');
  }, 500).unref();
}

/** Resolves at the first signal that asks this process to end, which then no longer ends it by itself. */
export function untilSignal() {
  return new Promise((resolve) => {
    onSignal = resolve;
  });
}

/** Runs `cleanup` (synchronous) when this process ends, however it ends; returns a function that forgets it. */
export function atExit(cleanup) {
  cleanups.add(cleanup);
  return () => cleanups.delete(cleanup);
}

function signalGroup(child, signal) {
  try {
    if (posix) process.kill(-child.pid, signal);
    else child.kill(signal);
  } catch {
    // The group has ended already.
  }
}

/** Starts a program in a process group of its own, which ends with this process at the latest. */
export function spawnGroup(command, args, options = {}) {
  const child = spawn(command, args, { ...options, detached: posix });
  live.add(child);
  child.once('exit', () => live.delete(child));
  return child;
}

/** Ends a program and everything it started: SIGTERM, and SIGKILL after `graceMs` milliseconds. */
export async function endGroup(child, graceMs = 3000) {
  if (child.pid === undefined) return;
  const running = child.exitCode === null && child.signalCode === null;
  const ended = running ? new Promise((done) => child.once('exit', done)) : Promise.resolve();
  signalGroup(child, 'SIGTERM');
  await Promise.race([ended, sleep(graceMs, undefined, { ref: false })]);
  signalGroup(child, 'SIGKILL');
  await ended;
}

/**
 * Runs a program to its end, with nothing on its standard input. Options: `cwd`, `env`, `shell` as for spawn;
 * `deadlineMs` ends the whole group; `show: true` lets its output through instead of collecting it. Returns `{ status,
 * output, timedOut }`: `status` is null where a signal ended it, `output` is stdout and stderr as they came. A program
 * that cannot be started is a Problem.
 */
export function run(command, args, { cwd, env, shell, deadlineMs, show = false } = {}) {
  return new Promise((resolve, reject) => {
    const pipe = show ? 'inherit' : 'pipe';
    const child = spawnGroup(command, args, { cwd, env, shell, stdio: ['ignore', pipe, pipe] });
    let output = '';
    let timedOut = false;
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text) => {
        output += text;
      });
    }
    const alarm =
      deadlineMs &&
      setTimeout(() => {
        timedOut = true;
        void endGroup(child);
      }, deadlineMs);
    child.once('error', (cause) => {
      clearTimeout(alarm);
      reject(notStarted(command, cwd, cause));
    });
    child.once('close', (status) => {
      clearTimeout(alarm);
      resolve({ status, output, timedOut });
    });
  });
}

/** A folder that is not there looks like a program that is not there: the sentence names both. */
function notStarted(command, cwd, cause) {
  const reason = { ENOENT: 'it is not there', EACCES: 'it may not be executed' }[cause.code] ?? cause.message;
  return new Problem(
    `${command} could not be started${cwd === undefined ? '' : ` in ${cwd}`}: ${reason}; install it, or fix the path.`,
    { cause },
  );
}

/** The path of a program on the PATH or in one of `extraFolders`, or undefined; on Windows as .cmd or .exe. */
export function onPath(name, extraFolders = []) {
  const names = posix ? [name] : [`${name}.cmd`, `${name}.exe`];
  const folders = [...(process.env.PATH ?? '').split(delimiter).filter(Boolean), ...extraFolders];
  return folders.flatMap((folder) => names.map((each) => join(folder, each))).find(isProgram);
}

function isProgram(path) {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
