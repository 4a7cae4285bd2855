/** What one end shows and whom it trusts; texts are PEM. RFC 9132 section 7.1: both ends prove who they are. */
export interface CertificateCredentials {
  /** The CAs that may vouch for the other end; nothing else is trusted. */
  ca: string;
  /** One's own certificate, with the intermediate ones up to the CA, and its private key. */
  cert: string;
  key: string;
  /** Certificate revocation lists of those CAs. */
  crls?: readonly string[];
}

/** Each certificate in a text of PEM. */
export const certificatePattern = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;

/** What every end has to take of identities and pre-shared keys (RFC 4279 section 5.3), and here the most that any takes, bytes. */
export const longestIdentity = 128;
export const longestKey = 64;

/** A pre-shared key: the identity travels in the clear, the key never does. */
export interface PskCredentials {
  identity: string;
  key: Uint8Array;
}

/** How a client proves itself: by a certificate or by a pre-shared key. */
export type ClientCredentials = { certificate: CertificateCredentials } | { psk: PskCredentials };

/** What a server accepts: either, or both on one port. */
export interface ServerCredentials {
  certificate?: CertificateCredentials;
  /** The key of an identity; undefined for one that is not known. */
  psk?: ((identity: string) => Uint8Array | undefined) | undefined;
}
