import { keeperSocket } from '#dots/sessionSocket/socketPath';
import type { Command, ExitStatus } from './command';
import { caller } from './caller';
import { attempt, invoke } from './invoke';
import type { Io } from './io';
import { keptCommands } from './keeper/keptCommands';

/** The commands, in the order of their help. Each is loaded when it is run, so that none loads the code of another. */
export const commands: ReadonlyMap<string, () => Promise<Command>> = new Map([
  ['validate', async () => (await import('./commands/validate')).validate],
  ['encode', async () => (await import('./commands/encode')).encode],
  ['decode', async () => (await import('./commands/decode')).decode],
  ['send', async () => (await import('./commands/send')).send],
  ['status', async () => (await import('./commands/status')).status],
  ['watch', async () => (await import('./commands/watch')).watch],
  ['withdraw', async () => (await import('./commands/withdraw')).withdraw],
  ['refresh', async () => (await import('./commands/refresh')).refresh],
  ['efficacy', async () => (await import('./commands/efficacy')).efficacy],
  ['config', async () => (await import('./commands/config')).config],
  ['telemetry', async () => (await import('./commands/telemetry')).telemetry],
  ['ready', async () => (await import('./commands/ready')).ready],
  ['ledger', async () => (await import('./commands/ledger')).ledger],
  ['data', async () => (await import('./commands/data')).data],
  ['session', async () => (await import('./commands/session')).sessionOf(commands)],
  ['discover', async () => (await import('./commands/discover')).discover],
  ['mock', async () => (await import('./commands/mock')).mock],
  ['orchestrator', async () => (await import('./commands/orchestrator')).orchestrator],
  ['flowspec', async () => (await import('./commands/flowspec')).flowspec],
  ['completion', async () => (await import('./commands/completion')).completionOf(commands)],
]);

/** Runs `dots` with the words of a command line. Never throws: every failure becomes a sentence and an exit status. */
export async function run(words: readonly string[], io: Io): Promise<ExitStatus> {
  const [name, ...rest] = words;
  const load = commands.get(name ?? '');
  if (load === undefined) return attempt('dots', rest, io, (watched) => withoutCommand(name, rest, watched));
  const sameInput = { ...io, input: once(io.input) };
  const outcome = await kept(words, sameInput);
  if (outcome !== undefined) return outcome;
  if (name === 'send') prepareDtls(rest);
  return invoke(await load(), rest, sameInput);
}

/** Words that rule out DTLS: nothing is sent, or over another transport. */
const withoutDtls = /^-(h|-help|-dry-run)$|(^|=)(coap|coaps\+tcp|https):\/\//i;

/** Has other threads compile the DTLS module while the command is loaded; a failure is reported where it is used. */
function prepareDtls(words: readonly string[]): void {
  if (words.some((word) => withoutDtls.test(word))) return;
  void import('#dots/transport/dtls/module').then(({ dtlsModule }) => dtlsModule()).catch(() => undefined);
}

async function withoutCommand(name: string | undefined, rest: readonly string[], io: Io): Promise<ExitStatus> {
  return (await import('./withoutCommand')).withoutCommand(commands, name, rest, io);
}

/** What the `dots session` of this user did; undefined if the command has to be run here. */
async function kept(words: readonly string[], io: Io): Promise<ExitStatus | undefined> {
  const [name = ''] = words;
  const isKept = keptCommands.has(name) && caller().env.DOTS_SESSION !== 'own';
  const socket = isKept ? keeperSocket(caller()) : undefined;
  if (socket === undefined) return undefined;
  const outcome = await (await import('./keeper/client')).runKept(socket, words, io);
  if (outcome === 'silent')
    io.say(`dots ${name}: dots session does not respond; the command continues over a separate session.`);
  return typeof outcome === 'number' ? outcome : undefined;
}

/** Standard input can be read once, and a keeper that does not accept it has to leave it. */
function once(input: Io['input']): Io['input'] {
  let read: Promise<Uint8Array> | undefined;
  return () => (read ??= input());
}
