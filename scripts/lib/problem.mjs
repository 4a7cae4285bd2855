import { realpathSync } from 'node:fs';
import { parseArgs } from 'node:util';

/**
 * Something the person at the keyboard can act on: the message is one sentence that says what, where and what to do.
 */
export class Problem extends Error {
  /** `details`: output of a tool that failed, shown before the sentence. `status`: the exit status. */
  constructor(sentence, { details, status = 1, cause } = {}) {
    super(sentence, { cause });
    this.name = 'Problem';
    this.details = details;
    this.status = status;
  }
}

/** Whether a module (its `import.meta`) is the script that Node was asked to run. */
export const isMain = ({ filename }) => process.argv[1] !== undefined && realpathSync(process.argv[1]) === filename;

/** Runs a script's main function, which may return an exit status; a Problem becomes its sentence on stderr. */
export async function runMain(main) {
  try {
    process.exitCode = (await main()) ?? 0;
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    if (error.details) process.stderr.write(`${error.details.trimEnd()}\n`);
    process.stderr.write(`${error.message}\n`);
    process.exitCode = error.status;
  }
}

/** The command line as parseArgs reads it; what it does not understand is a Problem that shows `usage`, status 2. */
export function readArguments(config, usage) {
  try {
    return parseArgs(config);
  } catch (cause) {
    throw new Problem(`${cause.message.split('.')[0]}. Usage: ${usage}`, { status: 2, cause });
  }
}
