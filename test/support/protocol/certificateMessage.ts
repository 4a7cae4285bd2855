import { X509Certificate } from 'node:crypto';
import type { Way } from './relay';

/** What a chain that is on its way is replaced by; certificates as DER, the leaf first. */
export type Substitute = (shown: Buffer[]) => Buffer[];

/** The chain itself, split and joined again. */
export const genuine: Substitute = (shown) => shown;

/** Another chain, whatever is shown; PEM. */
export function another({ cert }: { cert: string }): Substitute {
  const chain = (cert.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g) ?? []).map(
    (pem) => new X509Certificate(pem).raw,
  );
  return () => chain;
}

/** What becomes of the chains that go to an end; a direction that is not named is not changed. */
export type Swaps = Partial<Record<Way, Substitute>>;

/** A path to a server that does so, and how many chains it has replaced. */
export interface SwapPath {
  port: number;
  swapped: Readonly<Record<Way, number>>;
}

/** The same swaps, and how often each was called upon. */
export function counted(swaps: Swaps): { swaps: Swaps; swapped: Record<Way, number> } {
  const swapped = { toServer: 0, toClient: 0 };
  const counting = (way: Way, substitute: Substitute | undefined): Swaps =>
    (substitute && {
      [way]: (shown: Buffer[]) => {
        swapped[way] += 1;
        return substitute(shown);
      },
    }) ??
    {};
  return { swaps: { ...counting('toServer', swaps.toServer), ...counting('toClient', swaps.toClient) }, swapped };
}

/** HandshakeType certificate: RFC 5246 section 7.4. */
export const certificateType = 11;
/** ContentType change_cipher_spec and handshake: RFC 5246 section 6.2.1. */
export const [changeCipherSpec, handshake] = [20, 22];

/** What follows its length, which has so many bytes. */
export function prefixed(content: Buffer, bytes: number): Buffer {
  const length = Buffer.alloc(bytes);
  length.writeUIntBE(content.length, 0, bytes);
  return Buffer.concat([length, content]);
}

/** The whole parts that bytes begin with: of each `head` bytes, its length in `lengthBytes` more, and its content. */
export function wholeParts(bytes: Buffer, head: number, lengthBytes: number): Buffer[] {
  const parts: Buffer[] = [];
  for (let at = 0; at + head + lengthBytes <= bytes.length;) {
    const end = at + head + lengthBytes + bytes.readUIntBE(at + head, lengthBytes);
    if (end > bytes.length) break;
    parts.push(bytes.subarray(at, end));
    at = end;
  }
  return parts;
}

/** Bytes in pieces of at most so many; of no bytes one piece, an empty one. */
export function inPieces(bytes: Buffer, most: number): Buffer[] {
  return Array.from({ length: Math.max(1, Math.ceil(bytes.length / most)) }, (_, index) =>
    bytes.subarray(index * most, (index + 1) * most),
  );
}

/** The body of a Certificate message of TLS 1.2 (RFC 5246 section 7.4.2) with another chain in it. */
export function substituted(body: Buffer, substitute: Substitute): Buffer {
  const shown = wholeParts(body.subarray(3), 0, 3).map((entry) => entry.subarray(3));
  return prefixed(Buffer.concat(substitute(shown).map((der) => prefixed(der, 3))), 3);
}
