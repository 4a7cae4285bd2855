import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder, surroundings } from '#dots/runtime/stateFolder';
import { readCode, writeCode } from './codeCache';
import { Parts } from './parts';

/** The part of the command that runs it: main.ts. */
const first = 'cli.program.js';

/** So many processes of a command add the code that they had to compile: what they use differs. */
const addingRuns = 3;

/** The exit status of a usage error: such words are no command whose code is worth storing. */
const usageError = 2;

/**
 * Starts the command, with the code that earlier processes of it have compiled: compiling takes as long as all that
 * `dots send` does.
 */
function start(): void {
  const program = readFileSync(join(__dirname, first), 'utf8');
  const [command = ''] = process.argv.slice(2);
  const name = `${/^[a-z]+$/.test(command) ? command : 'other'}-${process.version}-${process.arch}`;
  const folder = join(cacheFolder(surroundings()), 'code');
  const stored = readCode(folder, name, program);
  const parts = new Parts(__dirname, stored?.parts ?? new Map());
  const runs = (stored?.runs ?? 0) + 1;
  process.on('exit', (status) => {
    if (status !== usageError && (runs <= addingRuns || parts.areNew))
      writeCode(folder, name, { program, runs, parts: parts.compiled() });
  });
  parts.load(first);
}

start();
