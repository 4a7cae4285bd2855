/** The credentials and the trusted CAs of one end; texts are PEM. RFC 9132 section 7.1: both ends are authenticated. */
export interface CertificateCredentials {
  /** The CAs that may sign the other end's certificate; nothing else is trusted. */
  ca: string;
  /** The own certificate, with the intermediate ones up to the CA, and its private key. */
  cert: string;
  key: string;
  /** Certificate revocation lists of those CAs. */
  crls?: readonly string[];
}

/** Each certificate in a text of PEM. */
export const certificatePattern = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;

/** Whether a private key, PEM, is encrypted: RFC 5958 section 3, RFC 1421 section 4.6.1.1. */
export const isEncrypted = (pem: string): boolean =>
  /^-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type: *4,ENCRYPTED/m.test(pem);

/**
 * The lengths of identities and pre-shared keys that every end must accept (RFC 4279 section 5.3), used as limits here,
 * bytes.
 */
export const longestIdentity = 128;
export const longestKey = 64;

/** The octets of a key as it was written: as text or octets, or as hexadecimal digits after 0x. */
export function pskOf(written: Uint8Array): Uint8Array {
  const [, digits] = /^0x((?:[0-9a-f]{2})+)$/i.exec(Buffer.from(written).toString('latin1')) ?? [];
  return digits === undefined ? written : new Uint8Array(Buffer.from(digits, 'hex'));
}

/** A pre-shared key: the identity is sent in the clear, the key never. */
export interface PskCredentials {
  identity: string;
  key: Uint8Array;
}

/** How a client is authenticated: by a certificate or by a pre-shared key. */
export type ClientCredentials = { certificate: CertificateCredentials } | { psk: PskCredentials };

/** What a server accepts: either, or both on one port. */
export interface ServerCredentials {
  certificate?: CertificateCredentials;
  /** The key of an identity; undefined for an unknown one. */
  psk?: ((identity: string) => Uint8Array | undefined) | undefined;
}
