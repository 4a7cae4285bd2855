import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../support/shared';
import { coapClient, run, startOurs } from '../transport/peers';
import { median, report, rounded } from './report';

const rounds = 30;
const command = join(root, 'cli/dots');
const request = {
  'ietf-dots-signal-channel:mitigation-scope': { scope: [{ 'target-prefix': ['192.0.2.0/24'], lifetime: 3600 }] },
};

/** The largest ratio of each figure to coap-client's whole process. */
const goals = { 'send, kept session': 1, 'status, kept session': 1, 'send, own session': 6 } as const;

/**
 * Whole processes with one server, in turns: `dots send` and `dots status` over the session that `dots session` keeps,
 * `dots send` with its own, and coap-client, which always has its own.
 */
export async function wholeProcesses(folder: string): Promise<void> {
  const ours = await startOurs();
  const [keeping, apart] = ['keeping', 'apart'].map((name) => folderWith(join(folder, name))) as [string, string];
  const { ca, cert, key } = ours.files;
  const target = ['--server', `coaps://127.0.0.1:${ours.port}`, '--ca', ca, '--cert', cert, '--key', key];
  const kept = { ...process.env, XDG_RUNTIME_DIR: join(keeping, 'run') };
  const own = { ...process.env, XDG_RUNTIME_DIR: join(apart, 'run') };
  const keeper = spawn(command, ['session', ...target], {
    cwd: keeping,
    env: kept,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  try {
    await once(keeper.stdout, 'data');
    const send = ['send', 'request.dots.json', ...target];
    const measures: Readonly<Record<keyof typeof goals | 'coap-client', () => Promise<number>>> = {
      'send, kept session': () => run(command, send, keeping, kept),
      'status, kept session': () => run(command, ['status', ...target], keeping, kept),
      'send, own session': () => run(command, send, apart, own),
      'coap-client': () => run(...coapClient(ours.files, ours.port)),
    };
    const names = Object.keys(measures) as (keyof typeof measures)[];
    const times = new Map(names.map((name) => [name, [] as number[]]));
    for (let round = 0; round < rounds; round += 1)
      for (const name of names) times.get(name)?.push(await measures[name]());
    const of = (name: keyof typeof measures): number => median(times.get(name) ?? []);
    for (const [name, goal] of Object.entries(goals) as [keyof typeof goals, number][]) {
      const ratio = of(name) / of('coap-client');
      report('whole-process', ratio <= goal, {
        command: `dots ${name}`,
        medianMs: rounded(of(name)),
        coapClientMs: rounded(of('coap-client')),
        ratio: rounded(ratio),
        goalRatio: goal,
      });
    }
  } finally {
    keeper.kill();
    ours.process.disconnect();
  }
}

function folderWith(path: string): string {
  mkdirSync(path);
  mkdirSync(join(path, 'run'), { mode: 0o700 });
  writeFileSync(join(path, 'request.dots.json'), JSON.stringify(request));
  return path;
}
