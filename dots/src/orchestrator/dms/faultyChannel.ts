import type { Channel } from '#dots/coap/messages/channel';
import { decodeMessage, encodeMessage } from '#dots/coap/messages/codec';
import { isResponse } from '#dots/coap/messages/message';
import { passedChannel } from '#dots/coap/passedChannel';

/** A channel of a server that is silent, or over datagrams answers nonsense, for as long as `fault` says so. */
export function faultyChannel(channel: Channel, fault: () => string | undefined): Channel {
  const isNonsense = (): boolean => fault() === 'nonsense' && channel.kind === 'datagram';
  return passedChannel(channel, {
    received: (bytes) => (fault() === 'silent' ? undefined : bytes),
    sent: (bytes) => (fault() === 'silent' ? undefined : isNonsense() ? nonsense(bytes) : bytes),
  });
}

/** A map of CBOR that ends before its first entry. */
const brokenBody = Uint8Array.of(0xbf, 0x01);

/** An answer to a message, with a body that is none. */
function nonsense(bytes: Uint8Array): Uint8Array {
  const message = decodeMessage(bytes);
  if ('malformed' in message || !isResponse(message.code)) return bytes;
  return encodeMessage({ ...message, payload: brokenBody });
}
