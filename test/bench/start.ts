/**
 * npm run bench:start: how long whole processes of the command take that do little, so that starting is most of it,
 * beside a Node.js that does nothing. All in turns in one run, so that what else the machine does falls on all. One
 * JSON line per figure: times in milliseconds, the median of the runs, and its ratio to that of `node -e 0`.
 */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { root } from '../support/shared';

const runs = Number(process.env.DOTS_BENCH_RUNS ?? 40);

/** The command as it is installed, and the program behind it. */
const launcher = join(root, 'cli/dots');
const program = join(root, 'dist/cli.js');

const folder = mkdtempSync(join(tmpdir(), 'dots-bench-'));

/** As the launcher starts Node.js (see there); dots session and the ledger are those of this run. */
const env = {
  ...process.env,
  NODE_EXTRA_CA_CERTS: undefined,
  XDG_RUNTIME_DIR: join(folder, 'run'),
  XDG_STATE_HOME: join(folder, 'ledger'),
};

const document = JSON.stringify({
  'ietf-dots-signal-channel:mitigation-scope': { scope: [{ 'target-prefix': ['192.0.2.0/24'], lifetime: 3600 }] },
});

/** A process to time: its words, and what it has to print. */
interface Figure {
  name: string;
  words: readonly [string, ...string[]];
  prints: RegExp;
}

function timed({ words: [command, ...words], prints, name }: Figure, cwd: string): number {
  const started = performance.now();
  const { stdout, stderr } = spawnSync(command, words, { cwd, env, encoding: 'utf8' });
  const took = performance.now() - started;
  if (!prints.test(stdout)) throw new Error(`${name}: it printed ${stdout}${stderr}`);
  return took;
}

const median = (times: readonly number[]): number => [...times].sort((one, other) => one - other)[times.length >> 1]!;
const rounded = (value: number): number => Number(value.toPrecision(3));

function print(figure: string, values: object): void {
  process.stdout.write(`${JSON.stringify({ figure, ...values })}\n`);
}

/** `dots` with these words, left running; resolves with the first line that it prints. */
async function start(cwd: string, ...words: string[]): Promise<{ child: ChildProcess; ready: Record<string, string> }> {
  const child = spawn(process.execPath, [program, ...words], { cwd, env, stdio: ['ignore', 'pipe', 'ignore'] });
  const [line] = (await once(createInterface(child.stdout!), 'line')) as [string];
  return { child, ready: JSON.parse(line) as Record<string, string> };
}

function figures(server: readonly string[]): Figure[] {
  const send = ['send', 'request.dots.json', '--mid', '1', ...server];
  const kept = /over the session that dots session keeps/;
  return [
    { name: 'node -e 0', words: [process.execPath, '-e', '0'], prints: /^$/ },
    { name: 'dots --version', words: [launcher, '--version'], prints: /^dots \d/ },
    { name: 'dots validate', words: [launcher, 'validate', 'request.dots.json'], prints: /0 errors/ },
    { name: 'dots send over a kept session', words: [launcher, ...send], prints: kept },
    { name: 'dots send over a kept session, without curl', words: [process.execPath, program, ...send], prints: kept },
    { name: 'dots status over a kept session', words: [launcher, 'status', ...server], prints: /mid 1 / },
  ];
}

function measure(all: readonly Figure[], cwd: string): void {
  const times = new Map<Figure, number[]>(all.map((figure) => [figure, []]));
  for (let run = 0; run < runs; run += 1) for (const [figure, took] of times) took.push(timed(figure, cwd));
  const medians = all.map((figure) => median(times.get(figure)!));
  for (const [index, { name }] of all.entries())
    print(name, { ms: rounded(medians[index]!), ratio: rounded(medians[index]! / medians[0]!), runs });
}

async function main(): Promise<void> {
  writeFileSync(join(folder, 'request.dots.json'), document);
  const { child: mock, ready } = await start(folder, 'mock', '--plain', '--state', join(folder, 'state'));
  const server = ['--server', ready.signal ?? '', '--cuid', 'bench'];
  const { child: keeper } = await start(folder, 'session', ...server);
  try {
    print('machine', { processors: cpus().length, load: rounded(loadavg()[0] ?? NaN), node: process.version });
    measure(figures(server), folder);
  } finally {
    for (const child of [keeper, mock]) child.kill();
    await Promise.all([keeper, mock].map((child) => once(child, 'close')));
    rmSync(folder, { recursive: true });
  }
}

void main();
