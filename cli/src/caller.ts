import { AsyncLocalStorage } from 'node:async_hooks';
import { homedir } from 'node:os';
import { relative, resolve } from 'node:path';
import { surroundings, type Surroundings } from '#dots/runtime/stateFolder';
import type { Call } from '#dots/sessionSocket/messages';

/**
 * The process that a command was typed in: this one, or one that asks `dots session` to run it. Its folder and its
 * environment decide what paths, profiles and the ledger mean.
 */
export interface Caller extends Surroundings {
  folder: string;
  isThisProcess: boolean;
}

const callers = new AsyncLocalStorage<Caller>();

const thisProcess = (): Caller => ({ folder: process.cwd(), isThisProcess: true, ...surroundings() });

/** The caller of the running command. */
export const caller = (): Caller => callers.getStore() ?? thisProcess();

/** The process that a call came from. */
export const callerOf = ({ folder, env }: Call): Caller => ({
  folder,
  env,
  isThisProcess: false,
  platform: process.platform,
  home: env.HOME ?? homedir(),
});

/** Runs a function, and all that it starts, for a caller. */
export const onBehalfOf = <T>(of: Caller, action: () => T): T => callers.run(of, action);

/** The absolute path of a file as the command line names it. */
export const absolutePath = (name: string): string => resolve(caller().folder, name);

/** The name in results of a file that the command line does not name. */
export const nameOfPath = (path: string): string => relative(caller().folder, path).replaceAll('\\', '/');
