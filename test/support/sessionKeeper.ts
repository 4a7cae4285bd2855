import assert from 'node:assert/strict';
import { spawn, spawnSync, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { TestContext } from 'node:test';
import { folder, startMock, type Run } from './dots';
import { eventually } from './protocol/scene';
import { root } from './shared';

/** The command as it is installed, and the program behind it. */
export const launcher = join(root, 'cli/dots');
export const program = join(root, 'dist/cli.js');

export interface Mock {
  child: ChildProcessWithoutNullStreams;
  state: string;
  coaps: string;
  proofs: string[];
}

export async function secureMock(t: TestContext, state = folder(t), port = '0'): Promise<Mock> {
  const { child, ready } = await startMock(t, '--state', state, '--secure-port', port);
  const { coaps, ca, cert, key } = ready as Record<string, string>;
  return {
    child,
    state,
    coaps: coaps ?? '',
    proofs: ['--ca', ca ?? '', '--cert', cert ?? '', '--key', key ?? '', '--cuid', 'kept'],
  };
}

export interface Keeper {
  child: ChildProcessWithoutNullStreams;
  ready: unknown;
  log: () => string;
}

/** What `dots session` listens on. */
export const keeperSocket = (): string => join(process.env.XDG_RUNTIME_DIR ?? '', 'dots/session');

/** `dots session`, started in a folder, once it is ready. */
export async function startKeeper(t: TestContext, cwd: string, ...words: string[]): Promise<Keeper> {
  const child = spawn(launcher, ['session', ...words], { cwd });
  // The next test starts another one.
  const closed = once(child, 'close');
  t.after(async () => {
    child.kill('SIGKILL');
    await closed;
  });
  let log = '';
  child.stderr.on('data', (part: Buffer) => {
    log += part.toString();
  });
  const ended = once(child, 'close').then(() => {
    throw new Error(`dots session ended: ${log}`);
  });
  const [line] = (await Promise.race([once(createInterface(child.stdout), 'line'), ended])) as [string];
  ended.catch(() => undefined);
  return { child, ready: JSON.parse(line), log: () => log };
}

export function runIn(
  cwd: string,
  command: string,
  words: string[],
  env: NodeJS.ProcessEnv = process.env,
  input = '',
): Run {
  const { status, stdout, stderr } = spawnSync(command, words, { cwd, env, input });
  return { status, out: stdout.toString(), err: stderr.toString(), bytes: stdout };
}

/** The environment of a user for whom there is a curl but no Node.js. */
export function withoutNode(t: TestContext): NodeJS.ProcessEnv {
  const bin = folder(t);
  const curl = spawnSync('sh', ['-c', 'command -v curl'], { encoding: 'utf8' }).stdout.trim();
  symlinkSync(curl, join(bin, 'curl'));
  return { ...process.env, PATH: bin };
}

/** `dots send` where there is no curl. */
export const sendByNode = (cwd: string, ...words: string[]): Run =>
  runIn(cwd, process.execPath, [program, 'send', ...words]);

type Way = (cwd: string, ...words: string[]) => Run;

/** The two ways in: the launcher, which needs no Node.js, and Node.js. */
export function ways(t: TestContext): [name: string, send: Way, run: Way][] {
  const byLauncher: Way = (cwd, ...words) => runIn(cwd, '/bin/sh', [launcher, ...words], withoutNode(t));
  const byNode: Way = (cwd, ...words) => runIn(cwd, process.execPath, [program, ...words]);
  return [
    ['launcher', (cwd, ...words) => byLauncher(cwd, 'send', ...words), byLauncher],
    ['Node.js', sendByNode, byNode],
  ];
}

/** Whether a keeper has opened so many sessions in all; what it says arrives a little later than what it answers. */
export async function hasOpened(keeper: Keeper, count: number): Promise<void> {
  const opened = (): number => keeper.log().split('Session opened').length - 1;
  await eventually(() => opened() >= count);
  assert.equal(opened(), count, keeper.log());
}
