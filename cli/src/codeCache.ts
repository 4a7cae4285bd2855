import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { isOthers } from '#dots/runtime/ownership';
import type { CompiledCode } from './parts';

/** What one process leaves for the next. */
export interface StoredCode {
  /** The text of the program's first part: it has the names of all others, which follow from their contents. */
  program: string;
  /** How many processes have added to it. */
  runs: number;
  parts: CompiledCode;
}

interface Header extends Omit<StoredCode, 'parts'> {
  /** The names and sizes of the parts, which follow in this order. */
  sizes: readonly (readonly [name: string, bytes: number])[];
}

/** The header's size, a 32-bit number, precedes it. */
const prefixBytes = 4;

/**
 * The stored code of a program; undefined where there is none, or another's. It is executed, so a file or folder that
 * another user owns or may write to is not read.
 */
export function readCode(folder: string, name: string, program: string): StoredCode | undefined {
  try {
    if (isOthers(lstatSync(folder))) return undefined;
    const bytes = readOwn(join(folder, name));
    const stored = bytes && parsed(bytes);
    return stored?.program === program ? stored : undefined;
  } catch {
    return undefined;
  }
}

function readOwn(file: string): Buffer | undefined {
  const handle = openSync(file, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0));
  try {
    return isOthers(fstatSync(handle)) ? undefined : readFileSync(handle);
  } finally {
    closeSync(handle);
  }
}

function parsed(bytes: Buffer): StoredCode | undefined {
  let end = prefixBytes + bytes.readUInt32LE(0);
  const { sizes, ...rest } = JSON.parse(bytes.toString('utf8', prefixBytes, end)) as Header;
  const parts = new Map<string, Buffer>();
  for (const [name, size] of sizes) {
    parts.set(name, bytes.subarray(end, end + size));
    end += size;
  }
  return end === bytes.length ? { ...rest, parts } : undefined;
}

/** Stores code as a whole file that only its user may read or write. A cache may fail: nothing is thrown. */
export function writeCode(folder: string, name: string, code: StoredCode): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    if (!isOthers(lstatSync(folder))) writeWhole(join(folder, name), bytesOf(code));
  } catch {
    // The next process compiles again.
  }
}

function bytesOf({ parts, ...rest }: StoredCode): Buffer {
  const sizes = [...parts].map(([part, { length }]) => [part, length] as const);
  const header = Buffer.from(JSON.stringify({ ...rest, sizes } satisfies Header));
  const prefix = Buffer.alloc(prefixBytes);
  prefix.writeUInt32LE(header.length);
  return Buffer.concat([prefix, header, ...parts.values()]);
}

/** A process that reads the file meanwhile sees the old one. */
function writeWhole(file: string, bytes: Buffer): void {
  const draft = `${file}.${process.pid}`;
  try {
    writeFileSync(draft, bytes, { mode: 0o600, flag: 'wx' });
    renameSync(draft, file);
  } finally {
    rmSync(draft, { force: true });
  }
}
