import { spawn, spawnSync, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { TestContext } from 'node:test';
import './ownState';
import { root } from './shared';
import { bundled } from './bundle';
import { removeFolder } from './removeFolder';

/** What starts `dots` in Node. */
export const command = bundled('cli/src/main.ts');

/** What a run of `dots` finds of running mocks: none, but where a test names another folder. */
const noMocks = { XDG_RUNTIME_DIR: join(tmpdir(), `dots-no-mocks-${process.pid}`) };

/** What a run of `dots` gave. */
export interface Run {
  status: number | null;
  out: string;
  err: string;
  bytes: Buffer;
}

/** Runs `dots` in a folder, the repository's root where none is named, and waits for its end. */
export function dots(
  words: readonly string[],
  input: string | Uint8Array = '',
  cwd = root,
  environment: Record<string, string> = {},
): Run {
  const { status, stdout, stderr } = spawnSync(process.execPath, [command, ...words], {
    cwd,
    env: { ...process.env, ...noMocks, ...environment },
    input,
    maxBuffer: 1 << 28,
  });
  return { status, out: stdout.toString(), err: stderr.toString(), bytes: stdout };
}

/**
 * Starts `dots` and leaves it running; it is killed when the test ends, and what it left in its temporary folder goes
 * too.
 */
export function startDots(
  t: TestContext,
  words: readonly string[],
  environment: Record<string, string> = { XDG_RUNTIME_DIR: folder(t) },
): ChildProcessWithoutNullStreams {
  const env = { ...process.env, TMPDIR: folder(t), ...environment };
  const child = spawn(process.execPath, [command, ...words], { cwd: root, env });
  t.after(() => child.kill('SIGKILL'));
  child.stderr.resume();
  return child;
}

/** A mock orchestrator of its own process that offers plain CoAP as well, once it is ready. */
export async function startMock(
  t: TestContext,
  ...words: string[]
): Promise<{ child: ChildProcessWithoutNullStreams; signal: string; ready: Record<string, unknown>; line: string }> {
  const child = startDots(t, ['mock', '--plain', ...words]);
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
  const ready = JSON.parse(line) as Record<string, unknown>;
  return { child, signal: String(ready.signal), ready, line };
}

/** A folder with files, which is removed when the test ends. */
export function folder(t: TestContext, files: Record<string, string | Uint8Array> = {}): string {
  const path = mkdtempSync(join(tmpdir(), 'dots-cli-'));
  t.after(() => removeFolder(path));
  for (const [name, content] of Object.entries(files)) writeFileSync(join(path, name), content);
  return path;
}

export const request = `{
  "ietf-dots-signal-channel:mitigation-scope": {
    "scope": [
      { "target-prefix": ["192.0.2.0/24"], "target-protocol": [17], "lifetime": 3600 }
    ]
  }
}
`;

/** A request whose lifetime is a string: one finding of class yang. */
export const faulty = request.replace('3600', '"3600"');

export const acls =
  '{"ietf-dots-data-channel:acls": {"acl": [{"name": "a", "type": "ietf-access-control-list:ipv4-acl-type", "activation-type": "activate-when-mitigating", "aces": {"ace": [{"name": "dns", "matches": {"ipv4": {"destination-ipv4-network": "192.0.2.0/24"}, "udp": {"source-port-range-or-operator": {"operator": "eq", "port": 53}}}, "actions": {"forwarding": "ietf-access-control-list:drop"}}]}}]}}';
