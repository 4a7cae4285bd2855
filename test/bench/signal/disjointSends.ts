import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { isObject } from '#dots/model/json';
import { root } from '../../support/shared';
import { report } from './report';

const [processes, sends] = [20, 50];
const program = join(root, 'dist/cli.js');

const clients = { clients: [{ name: 'bench', limits: { mitigations: 2000, sessions: 256, requests: 10_000 } }] };

/** Many processes of one user send to one server at once: each request has a mid of its own, and none is refused. */
export async function disjointSends(folder: string): Promise<void> {
  const mock = spawn(process.execPath, [program, 'mock', ...mockWords(folder)], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  try {
    const [line] = (await once(createInterface(mock.stdout), 'line')) as [string];
    const { profiles } = JSON.parse(line) as { profiles: string };
    const answers = await Promise.all(
      Array.from({ length: processes }, (_, index) => answersTo(documents(folder, index), profiles)),
    );
    const all = answers.flat();
    const mids = new Set(all.map(({ mid }) => mid));
    const accepted = all.filter(({ ok }) => ok === true).length;
    const met = mids.size === processes * sends && accepted === processes * sends;
    report('disjoint-sends', met, { processes, sends, distinctMids: mids.size, accepted });
  } finally {
    mock.kill();
  }
}

function mockWords(folder: string): string[] {
  const file = join(folder, 'bench.dots.clients.json');
  writeFileSync(file, JSON.stringify(clients));
  return ['--clients', file, '--state', join(folder, 'mock'), '--secure-port', '0', '--data-port', '0'];
}

function documents(folder: string, process: number): string[] {
  const own = join(folder, `process-${process}`);
  mkdirSync(own);
  return Array.from({ length: sends }, (_, index) => {
    const file = join(own, `request-${index}.dots.json`);
    const prefix = `2001:db8:${(process * sends + index).toString(16)}::/48`;
    const scope = [{ 'target-prefix': [prefix], lifetime: 3600 }];
    writeFileSync(file, JSON.stringify({ 'ietf-dots-signal-channel:mitigation-scope': { scope } }));
    return file;
  });
}

interface SentJson {
  ok?: boolean;
  mid?: number;
}

async function answersTo(files: readonly string[], profiles: string): Promise<SentJson[]> {
  const words = ['send', ...files, '--profile', 'bench', '--profiles', profiles, '--format', 'json'];
  const child: ChildProcess = spawn(process.execPath, [program, ...words], { stdio: ['ignore', 'pipe', 'inherit'] });
  let out = '';
  child.stdout?.on('data', (part: Buffer) => {
    out += part.toString();
  });
  await once(child, 'close');
  return out
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as SentJson)
    .filter(isObject);
}
