import { createHash, X509Certificate } from 'node:crypto';
import type { Security } from '#dots/coap/channel';

/** Who a client has proved to be: the hash of its public key, which stays when its certificate is renewed, or the identity of its pre-shared key. */
export type Owner = string;

const pskMark = 'psk:';

/** The owner that a certificate stands for, given as DER. */
export function ownerOfCertificate(certificate: Uint8Array): Owner {
  const { publicKey } = new X509Certificate(certificate);
  return createHash('sha256').update(publicKey.export({ type: 'spki', format: 'der' })).digest('hex');
}

/** Who is at the other end of a session; undefined on a plain path, where nobody proves anything. */
export function ownerOf(security: Security | undefined): Owner | undefined {
  if (security?.certificate !== undefined) return ownerOfCertificate(security.certificate);
  return security?.peerName === undefined ? undefined : `${pskMark}${security.peerName}`;
}

/**
 * Whether two are certainly not the same client. A plain path (on loopback) proves nothing, and a pre-shared key cannot be
 * compared with the certificate that the same client shows on the data channel.
 */
export function isOther(one: Owner | undefined, other: Owner | undefined): boolean {
  return one !== undefined && other !== undefined && one.startsWith(pskMark) === other.startsWith(pskMark) && one !== other;
}
