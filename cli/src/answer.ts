import type { Security } from '#dots/coap/messages/channel';
import { oneLine } from '#dots/model/text';

/** How a session is protected, and whom it was verified to lead to. */
export function securityWords({ protocol, cipherSuite, peerName, identity, asked }: Security): string {
  return `over ${protocol} (${cipherSuite}), ${identity.startsWith('psk:') ? 'pre-shared key of' : 'verified:'} ${oneLine(peerName, 120)}${asked === false ? ', which did not ask who you are' : ''}`;
}

/** The lifetime that was granted, and beside it the one asked for where that is another. */
export function grantedWords(granted: number, asked: number | undefined): string {
  const words = lifetimeWords(granted);
  if (asked === undefined || asked === granted) return words;
  return `${words} (asked for ${asked === -1 ? '-1, no end' : `${asked} seconds`})`;
}

/** A lifetime for a person. */
export function lifetimeWords(seconds: number): string {
  return seconds === -1 ? 'without end, until it is withdrawn' : `${seconds} seconds`;
}
