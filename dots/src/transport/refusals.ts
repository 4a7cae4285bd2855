import { DotsError } from '#dots/model/errors';

/** The parameters of a secure connection, for the text of its failure. */
export interface Attempt {
  /** The other end in readable form: `coaps://dots.example.net:4646`, or host and port. */
  peer: string;
  /** More about this failure, as the end of a sentence: the names in a certificate, the text of an alert. */
  detail?: string | undefined;
}

/** Message and hint; `peer` is at the start or the end of the sentence. */
type Words = (attempt: Attempt) => readonly [message: string, hint: string];

const more = ({ detail }: Attempt): string => (detail === undefined ? '' : `: ${detail}`);

/** The hint for a missing client certificate: options of the command, or members of a profile. */
export const nameCertificate = 'Name it and its key (--cert and --key, or "certificate" and "key" in the profile).';

/** Why a connection failed, from either end's checks: RFC 5280 section 6, RFC 6125, RFC 9132 section 7.1. */
export const reasons = {
  'unknown-ca': (at) => [
    `The certificate of ${at.peer} is not signed by the given CA: this may not be the server you expect${more(at)}.`,
    'Name the CA file of that server (--ca, or "ca" in the profile).',
  ],
  'wrong-name': (at) => [
    `The certificate of ${at.peer} is for another name${more(at)}.`,
    'Use the name or address in the certificate.',
  ],
  expired: (at) => [
    `The certificate of ${at.peer} has expired${more(at)}.`,
    'Its operator must renew it, unless the clock of this machine is wrong.',
  ],
  'not-yet-valid': (at) => [
    `The certificate of ${at.peer} is not valid yet${more(at)}.`,
    'Check the clock of this machine.',
  ],
  'not-a-ca': (at) => [
    `The certificate of ${at.peer} was signed by a certificate that must not sign others${more(at)}.`,
    'Its operator must install a valid chain up to the CA.',
  ],
  purpose: (at) => [
    `The certificate of ${at.peer} is not valid for this use${more(at)}.`,
    'It needs the extended key usage of its role, and a key usage that allows signatures.',
  ],
  revoked: (at) => [
    `The certificate of ${at.peer} has been revoked${more(at)}.`,
    'Do not trust it until its operator has explained why.',
  ],
  weak: (at) => [
    `The certificate of ${at.peer} uses a weak algorithm or key${more(at)}.`,
    'It needs SHA-256 or better, and an EC key of 256 bits or an RSA key of 2048 bits or more.',
  ],
  'bad-certificate': (at) => [
    `The certificate of ${at.peer} is invalid${more(at)}.`,
    'Ask its operator for a valid one.',
  ],
  'bad-signature': (at) => [
    `${at.peer} has not proved that it has the private key of its certificate: a signature in its handshake is invalid${more(at)}.`,
    'Make sure that its key belongs to its certificate; if it does, another host is using the certificate, or the handshake is modified on the path.',
  ],
  'no-certificate': (at) => [
    `${at.peer} presented no certificate.`,
    'Its operator must install one, or both ends must use a pre-shared key.',
  ],
  'client-certificate-missing': (at) => [
    `${at.peer} requires a client certificate, and none was configured.`,
    nameCertificate,
  ],
  'client-certificate-refused': (at) => [
    `${at.peer} does not accept this client certificate${more(at)}.`,
    'Use the one that the operator of the server issued (dots mock prints the paths of its own).',
  ],
  'psk-refused': (at) => [
    `${at.peer} does not accept this identity and pre-shared key${more(at)}.`,
    'Check both: a server need not report which of them is wrong.',
  ],
  'psk-mismatch': (at) => [
    `${at.peer} cannot read what this end encrypts, so the pre-shared keys of both ends differ${more(at)}.`,
    'Configure the same key for the identity at both ends. (An attacker who can forge datagrams on the path can also forge this answer.)',
  ],
  'psk-silence': (at) => [
    `${at.peer} stopped answering in the middle of the handshake${more(at)}.`,
    'Many servers do not answer if the pre-shared key is wrong: check the identity and the key.',
  ],
  'wrong-psk': (at) => [
    `${at.peer} uses an unknown identity, or a pre-shared key that does not belong to its identity${more(at)}.`,
    'Configure the same identity and key at both ends.',
  ],
  'no-common-cipher': (at) => [
    `${at.peer} and this end have no protocol version or cipher suite in common${more(at)}.`,
    'It must offer DTLS 1.2, or TLS 1.2 or 1.3, with a suite of RFC 9325; also check that both ends use certificates, or both a pre-shared key.',
  ],
  'no-extended-secret': (at) => [
    `${at.peer} does not use the extended master secret, so its keys may be those of another connection (RFC 7627).`,
    'It needs a TLS library that supports it: OpenSSL 1.1.0, GnuTLS 3.4, Mbed TLS 2.0, or a later one.',
  ],
  'no-tls': (at) => [
    `${at.peer} does not use the expected protocol${more(at)}.`,
    'Check the port and the scheme: coaps is DTLS over UDP, coaps+tcp is TLS over TCP.',
  ],
  refused: (at) => [`Nothing listens at ${at.peer}.`, 'Start the server there, or check the address and the port.'],
  'no-name-server': (at) => [
    `The host name of ${at.peer} cannot be resolved now: no name server answers.`,
    'Check the network of this machine, or use the IP address of the server.',
  ],
  'no-route': (at) => [
    `${at.peer} cannot be reached: there is no route to it${more(at)}.`,
    'Check the address, and the network of this machine.',
  ],
  'unknown-host': (at) => [`The host name of ${at.peer} cannot be resolved.`, 'Check the name.'],
  'no-answer': (at) => [
    `${at.peer} did not answer${more(at)}.`,
    'Check the address, that the server is running, and that no firewall blocks it.',
  ],
  broken: (at) => [
    `The connection with ${at.peer} failed${more(at)}.`,
    'Try again; if it happens again, check the certificates at both ends.',
  ],
} satisfies Readonly<Record<string, Words>>;

/** Why a connection failed. */
export type RefusalReason = keyof typeof reasons;

/** The error of kind `unreachable` for a connection that failed; its code is `transport/` and the reason. */
export function refusal(reason: RefusalReason, attempt: Attempt, cause?: unknown): DotsError {
  const [message, hint] = reasons[reason](attempt);
  return new DotsError('unreachable', `transport/${reason}`, message, hint, { cause });
}

/**
 * The alert with which a peer ended a connection, as the end of a sentence; the name of one alert is misleading (RFC
 * 5246 section 7.2.2).
 */
export function alertText(name: string): string {
  return `its alert is "${name}"${name === 'decrypt error' ? ': it found an invalid signature or end of the handshake' : ''}`;
}
