import { DotsError } from '#dots/model/errors';
import { PrivateFolder } from '#dots/runtime/privateFolder';
import { socketPlace } from '#dots/runtime/socketPlace';
import { controlName } from '#dots/dotsServer/state/stateFolder';
import { callKeeper } from '#dots/sessionSocket/callKeeper';
import { callOf } from '#dots/sessionSocket/messages';
import { ownSocket } from '#dots/sessionSocket/socketPath';
import { absolutePath, caller, callerOf, onBehalfOf } from '../caller';
import type { Command, ExitStatus } from '../command';
import { invoke } from '../invoke';
import { standardInput, type Io } from '../io';
import { freshSocket } from '../keeper/freshSocket';
import { CallServer } from '../keeper/server';

/** Where a process is reached by a socket of a folder, or by a pipe that the folder names. */
const placeOf = (folder: string, socket: string): ReturnType<typeof socketPlace> =>
  process.platform === 'win32'
    ? Promise.resolve({ path: socket, close: () => Promise.resolve() })
    : socketPlace(folder, controlName);

/**
 * Runs a command for other processes of this user, in the state folder that this process has the lock of; returns what
 * ends that. Rejects with an error of the system.
 */
export async function serveControl(stateDir: string, command: Command): Promise<() => Promise<void>> {
  const folder = await PrivateFolder.open(stateDir);
  const place = await placeOf(folder.path, await freshSocket(folder, controlName));
  const server = new CallServer((call) => {
    const [name, ...words] = call.words;
    if (name !== command.name) return undefined;
    return (io) => onBehalfOf(callerOf(call), () => invoke(command, words, io));
  });
  await server.listen(place.path);
  return async () => {
    await server.close();
    await folder.remove(controlName);
    await place.close();
  };
}

/**
 * Has the mock with a state folder run a command, and prints what it prints. Throws a DotsError of kind `unreachable`:
 * `orchestrator/not-running`, `orchestrator/silent`.
 */
export async function askControl(stateDir: string, words: readonly string[], io: Io): Promise<ExitStatus> {
  const folder = absolutePath(stateDir);
  const socket = ownSocket(folder, controlName);
  if (socket === undefined) throw notRunning(stateDir);
  const place = await placeOf(folder, socket);
  const stop = new AbortController();
  void io.stopped().then(() => stop.abort());
  try {
    const input = words.includes(standardInput) ? await io.input() : Buffer.alloc(0);
    const call = callOf(caller(), { words, input, asks: false, showsProgress: false });
    const outcome = await callKeeper(place.path, call, { ...io, signal: stop.signal });
    if (outcome === 'refused') throw notRunning(stateDir);
    if (outcome === 'silent') throw silent(stateDir);
    return outcome as ExitStatus;
  } finally {
    await place.close();
  }
}

const notRunning = (stateDir: string): DotsError =>
  new DotsError(
    'unreachable',
    'orchestrator/not-running',
    `No dots mock of yours runs with the state folder ${stateDir}.`,
    `Start it: dots mock --policy FILE --state ${stateDir}`,
  );

const silent = (stateDir: string): DotsError =>
  new DotsError(
    'unreachable',
    'orchestrator/silent',
    `The dots mock with the state folder ${stateDir} does not answer.`,
    'End its process and start it again: what it acknowledged is stored.',
  );
