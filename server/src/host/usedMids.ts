import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { isObject } from '#dots/model/json';
import { stateFolder } from '#dots/runtime/stateFolder';
import { attempt } from './files';

/** The largest file of a ledger that is read, octets, and how many files. */
const largest = 4 * 1024 * 1024;
const mostFiles = 200;

/** The clients of the user's ledger with the highest mid that each has used. The ledger is only read. */
export function usedMids(folder: string = stateFolder()): ReadonlyMap<string, number> {
  const used = new Map<string, number>();
  const names = (attempt(() => readdirSync(folder)) ?? []).filter((name) => /^client-[0-9a-f]+\.\d+\.json$/.test(name));
  for (const name of names.slice(-mostFiles)) {
    const value = readJson(join(folder, name));
    if (!isObject(value) || typeof value.cuid !== 'string') continue;
    const mid = isObject(value.highest) && typeof value.highest.mid === 'number' ? value.highest.mid : -1;
    used.set(value.cuid, Math.max(mid, used.get(value.cuid) ?? -1));
  }
  return used;
}

const readJson = (path: string): unknown =>
  attempt(() => (statSync(path).size > largest ? undefined : (JSON.parse(readFileSync(path, 'utf8')) as unknown)));
