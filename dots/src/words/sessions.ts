import { oneLine } from '#dots/model/text';

/** What is known of the protection of a session. */
export interface SecurityFacts {
  protocol: string;
  cipherSuite: string;
  /** The name that the peer's certificate was verified for, or the identity of the pre-shared key. */
  peerName: string;
  /** Starts with `psk:` for a pre-shared key. */
  identity: string;
  /** Whether the server asked for the client's credentials; undefined where that is unknown. */
  asked?: boolean | undefined;
}

/** How a session is protected, and which peer was verified. */
export function securityWords({ protocol, cipherSuite, peerName, identity, asked }: SecurityFacts): string {
  const proof = identity.startsWith('psk:') ? 'pre-shared key of' : 'verified:';
  const unasked = asked === false ? ', which did not ask for client credentials' : '';
  return `over ${protocol} (${cipherSuite}), ${proof} ${oneLine(peerName, 120)}${unasked}`;
}
