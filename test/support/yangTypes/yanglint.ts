import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JsonValue } from '#dots/model/json';

/** What the judge says of a document: its canonical form (RFC 7950 section 9.1), or why it is invalid. */
export type Judgement = { canonical: JsonValue } | { reason: string };

/** The judge fails a document with this name for certain, so that its end is noticed. */
const sentinel = 'end.json';

/** So many documents are judged by one process. */
const batch = 2000;

/**
 * yanglint's judgement of each document, by the modules in `oracle`. One process reads many documents (its interactive
 * mode), for starting it costs more than judging. Undefined for a document on which it crashes.
 * @param documents JSON texts of whole trees: the top member is one of a module
 */
export function judge(oracle: string, documents: readonly string[]): (Judgement | undefined)[] {
  const found: (Judgement | undefined)[] = [];
  for (let from = 0; from < documents.length; from += batch)
    found.push(...judgeBatch(oracle, documents.slice(from, from + batch)));
  return found;
}

function judgeBatch(oracle: string, documents: readonly string[]): (Judgement | undefined)[] {
  const found = oneProcess(oracle, documents);
  if (found !== undefined) return found;
  if (documents.length <= 1) return documents.map(() => undefined);
  const half = documents.length >> 1;
  return [...judgeBatch(oracle, documents.slice(0, half)), ...judgeBatch(oracle, documents.slice(half))];
}

/** The judgements of one process, or undefined where it crashed. */
function oneProcess(oracle: string, documents: readonly string[]): Judgement[] | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'dots-types-'));
  try {
    documents.forEach((text, index) => writeFileSync(join(folder, `${index}.json`), text));
    writeFileSync(join(folder, sentinel), '{');
    mkdirSync(join(folder, '.yanglint'));
    const input = commands(oracle, documents.length);
    const run = spawnSync('yanglint', { cwd: folder, input, encoding: 'utf8', env: { ...process.env, HOME: folder } });
    const reasons = reasonsOf(run.stderr);
    if (!reasons.has(sentinel)) return undefined;
    return documents.map((_, index) => judgement(folder, index, reasons));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function commands(oracle: string, count: number): string {
  const modules = readdirSync(oracle).filter((name) => /^ietf-(dots|access).*\.yang$/.test(name));
  const judged = Array.from({ length: count }, (_, index) => `data -t data -f json -o ${index}.out ${index}.json`);
  const loaded = [`searchpath ${oracle}`, ...modules.map((name) => `add ${join(oracle, name)}`)];
  return [...loaded, ...judged, `data -t data -f json ${sentinel}`, ''].join('\n');
}

/** The first error before each "Failed to parse", by the name of the file. */
function reasonsOf(errors: string): Map<string, string> {
  const reasons = new Map<string, string>();
  let first: string | undefined;
  for (const line of errors.split('\n')) {
    const file = /^YANGLINT\[E\]: Failed to parse input data file "(.*)"/.exec(line)?.[1];
    if (file === undefined) first ??= /^libyang\[0\]: (.*)/.exec(line)?.[1];
    else {
      reasons.set(file, first ?? 'invalid');
      first = undefined;
    }
  }
  return reasons;
}

function judgement(folder: string, index: number, reasons: ReadonlyMap<string, string>): Judgement {
  const reason = reasons.get(`${index}.json`);
  if (reason !== undefined) return { reason };
  const printed = join(folder, `${index}.out`);
  return existsSync(printed)
    ? { canonical: JSON.parse(readFileSync(printed, 'utf8')) as JsonValue }
    : { reason: 'nothing was printed' };
}
