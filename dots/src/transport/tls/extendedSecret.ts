import type { TLSSocket } from 'node:tls';

/** One element of a DER structure. */
interface Element {
  tag: number;
  content: Buffer;
}

/** Fields of the session as the libraries write it: [13] and [17]. */
const flagsField = 0xad;
const extendedField = 0xb1;
const [booleanTag, integerTag] = [0x01, 0x02];

/**
 * Whether the keys of an established connection depend on its whole handshake: always in TLS 1.3, in TLS 1.2 with the
 * extended master secret (RFC 7627). Node.js has no function that reports it; the session that it returns for
 * resumption says it.
 */
export function hasExtendedSecret(socket: TLSSocket): boolean {
  if (socket.getProtocol() !== 'TLSv1.2') return true;
  const session = socket.getSession();
  if (session === undefined) return false;
  const found = saysExtended(session);
  // It contains the master secret.
  session.fill(0);
  return found;
}

/**
 * Whether a session, DER, was made with the extended master secret. OpenSSL has an INTEGER of flags in [13], of which
 * bit 0 means that (SSL_SESS_FLAG_EXTMS); BoringSSL, the library of Electron, has a BOOLEAN in [17]. What neither has
 * written counts as made without it.
 */
export function saysExtended(session: Buffer): boolean {
  const [whole] = elementsOf(session);
  return (
    whole !== undefined &&
    elementsOf(whole.content).some(({ tag, content }) => {
      const [value] = elementsOf(content);
      const last = value?.content.at(-1) ?? 0;
      return (
        (tag === flagsField && value?.tag === integerTag && (last & 1) === 1) ||
        (tag === extendedField && value?.tag === booleanTag && last !== 0)
      );
    })
  );
}

/** The elements that follow one another in some octets, up to the first that is not whole. */
function elementsOf(octets: Buffer): Element[] {
  const elements: Element[] = [];
  for (let at = 0; at + 1 < octets.length;) {
    const [tag = 0, first = 0] = octets.subarray(at, at + 2);
    const more = first < 0x80 ? 0 : first & 0x7f;
    const begin = at + 2 + more;
    if (more > 4 || begin > octets.length) break;
    const length = more === 0 ? first : octets.readUIntBE(at + 2, more);
    if (begin + length > octets.length) break;
    elements.push({ tag, content: octets.subarray(begin, begin + length) });
    at = begin + length;
  }
  return elements;
}
