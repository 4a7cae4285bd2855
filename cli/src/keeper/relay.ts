import { decodeDocument } from '#dots/cbor/codec';
import type { CoapResponse } from '#dots/coap/endpoint';
import type { CoapRequest } from '#dots/coap/request';
import type { SessionKeeper } from '#dots/signal/keeper/sessionKeeper';
import { isUnderAttack } from '#dots/signal/scopes';
import { readRelayCall, relayLine, relayName, type RelayCall, type RelayLine } from '#dots/sessionSocket/relayMessages';
import { credentialsFor } from '#dots/transport/certificates/credentialFiles';
import { ledgerOf } from '../clientIdentity';
import type { Arguments, Command, ExitStatus } from '../command';
import type { Io } from '../io';
import { targetNamed, targetOptions } from '../serverTarget';
import { CommandWorkspaces } from '../workspace';
import type { LiveSessions } from './sessions';

/** How often the times of a session are reported, milliseconds. */
const agingMs = 5_000;

/** What the command works with. */
interface Relayed {
  keeper: SessionKeeper;
  /** Prints what is known of the session. */
  show(): void;
  print(line: RelayLine): void;
  stopped: AbortSignal;
}

/** The command by which another process, such as the editor, asks over a session that is kept. */
export function relayCommand(sessions: LiveSessions): Command {
  const run = async (given: Arguments, io: Io): Promise<ExitStatus> => {
    const ledger = await ledgerOf(given, io);
    const target = await targetNamed(given, new CommandWorkspaces(given), ledger, 'nothing was sent');
    // Where they cannot be used here, the caller opens a session of its own.
    await credentialsFor(target.server, target.credentialFiles);
    const call = readRelayCall(await io.input());
    const held = sessions.hold(target);
    const stop = new AbortController();
    void io.stopped().then(() => stop.abort());
    const print = (line: RelayLine): void => void io.out(relayLine(line));
    const show = (): void => print({ type: 'session', snapshot: held.keeper.snapshot, opened: held.opened() });
    try {
      return await relayed(call, { keeper: held.keeper, show, print, stopped: stop.signal });
    } finally {
      held.release();
    }
  };
  return {
    name: relayName,
    summary: '',
    usage: '',
    options: targetOptions,
    details: [],
    examples: [],
    run,
  };
}

async function relayed(call: RelayCall, parts: Relayed): Promise<ExitStatus> {
  if (call.type === 'follow') return follow(parts);
  let sent = false;
  const left = (): void => void (sent = true);
  try {
    if (call.type === 'open') await opened(parts);
    else if (call.type === 'request') await request(call, parts, left);
    else await observe(call, parts, left);
    return 0;
  } catch (error) {
    parts.print({ type: 'failed', error, sent });
    return 3;
  }
}

async function opened({ keeper, show }: Relayed): Promise<void> {
  await keeper.open();
  show();
}

/** Reports each event of the session, and its times, until it is stopped or the session is closed for good. */
async function follow({ keeper, show, stopped }: Relayed): Promise<ExitStatus> {
  show();
  await new Promise<void>((resolve) => {
    const aging = setInterval(show, agingMs);
    const unlisten = keeper.onEvent((event) => {
      show();
      if (event.type === 'state' && event.snapshot.state === 'closed') end();
    });
    const end = (): void => {
      clearInterval(aging);
      unlisten();
      resolve();
    };
    if (stopped.aborted) end();
    else stopped.addEventListener('abort', end);
  });
  return 0;
}

type Exchange = RelayCall & { type: 'request' | 'observe' };

async function request(
  { request: asked, timeoutMs }: Exchange,
  { keeper, print, stopped }: Relayed,
  left: () => void,
): Promise<void> {
  const options = { underAttack: isForAttack(asked), signal: stopped, timeoutMs };
  // A request may be answered over two sessions; the first answer counts.
  let response: CoapResponse | undefined;
  await keeper.ask(
    (session, limits) => session.relay(asked, (received) => (response ??= received), { ...limits, left }),
    options,
  );
  if (response !== undefined) print({ type: 'response', response });
}

/** Observes over the session that is open now; the caller observes again over the next one. */
async function observe(
  { request: asked, timeoutMs }: Exchange,
  { keeper, print, stopped }: Relayed,
  left: () => void,
): Promise<void> {
  const session = await keeper.open();
  const { response, stop } = await session.relayObservation(
    asked,
    (content) => print({ type: 'notification', content }),
    {
      timeoutMs,
      signal: stopped,
      left,
    },
  );
  print({ type: 'response', response });
  await new Promise<void>((resolve) => {
    if (stopped.aborted) resolve();
    stopped.addEventListener('abort', () => resolve());
    session.onDidChange(() => {
      if (session.state === 'closed') resolve();
    });
  });
  stop();
}

/** Whether a request is sent because of an attack. What cannot be read is left to the server. */
function isForAttack({ method, payload }: CoapRequest): boolean {
  if (method !== 'PUT' || payload === undefined) return false;
  try {
    return isUnderAttack(decodeDocument(payload));
  } catch {
    return false;
  }
}
