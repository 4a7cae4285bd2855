import { once } from 'node:events';
import { encodeMessage } from '#dots/coap/messages/codec';
import { emptyCode, noBytes } from '#dots/coap/messages/message';
import type { Clock } from '#dots/runtime/clock';
import type { Address } from '../address';
import { connectSocket, networkError } from '../udp';
import { attemptDelay, raceConnections } from './raceConnections';

/** A CoAP Ping, which every endpoint answers with a Reset: RFC 7252 section 4.3. */
const ping = encodeMessage({ type: 'CON', code: emptyCode, messageId: 0, token: '', options: [], payload: noBytes });

/**
 * The first of some addresses at which a CoAP endpoint answers over plain UDP, which has no handshake that would show
 * it. Rejects with the DotsErrors of all addresses, as an array, or with the reason of the signal.
 */
export async function answeringAddress(
  addresses: readonly Address[],
  { clock, signal, deadline }: { clock: Clock; signal: AbortSignal; deadline: number },
): Promise<Address> {
  const { candidate } = await raceConnections<Address, void>({
    candidates: addresses,
    delayMs: attemptDelay.idle,
    clock,
    signal,
    deadline,
    attempt: answers,
    isFinal: () => false,
    discard: () => undefined,
  });
  return candidate;
}

/** Resolves when something answers there. Throws a DotsError of kind `unreachable`, also when the signal is aborted. */
async function answers(address: Address, signal: AbortSignal): Promise<void> {
  const socket = await connectSocket(address);
  try {
    // What the network reports arrives as the event "error", with which `once` rejects.
    const answer = once(socket, 'message', { signal });
    socket.send(ping);
    await answer;
  } catch (cause) {
    throw networkError(address, cause);
  } finally {
    socket.close();
  }
}
