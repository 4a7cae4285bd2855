import { DotsError } from '#dots/model/errors';

/** What a secure connection was tried with, for the words about its failure. */
export interface Attempt {
  /** The other end as a person writes it: `coaps://dots.example.net:4646`, or host and port. */
  peer: string;
  /** More about this failure, as the end of a sentence: the names in a certificate, the text of an alert. */
  detail?: string | undefined;
}

/** message and hint; `peer` begins or ends the sentence. */
type Words = (attempt: Attempt) => readonly [message: string, hint: string];

const more = ({ detail }: Attempt): string => (detail === undefined ? '' : `: ${detail}`);

/** What to do where a client certificate is missing: an option of the command, or a member of a profile. */
export const nameCertificate = 'Name it and its key (--cert and --key, or "certificate" and "key" in the profile).';

/** Why a connection was not made, from either end's checks: RFC 5280 section 6, RFC 6125, RFC 9132 section 7.1. */
export const reasons = {
  'unknown-ca': (at) => [
    `The certificate of ${at.peer} is not signed by the given CA: this may not be the server you expect${more(at)}.`,
    'Name the CA file of that server (--ca, or "ca" in the profile).',
  ],
  'wrong-name': (at) => [
    `The certificate of ${at.peer} is for another name${more(at)}.`,
    'Use the name or address that the certificate is for.',
  ],
  expired: (at) => [
    `The certificate of ${at.peer} has expired${more(at)}.`,
    'Its operator has to renew it, unless the clock of this machine is wrong.',
  ],
  'not-yet-valid': (at) => [
    `The certificate of ${at.peer} is not valid yet${more(at)}.`,
    'Check the clock of this machine.',
  ],
  'not-a-ca': (at) => [
    `The certificate of ${at.peer} was signed by one that must not sign others${more(at)}.`,
    'Its operator has to show a chain that leads to the CA.',
  ],
  purpose: (at) => [
    `The certificate of ${at.peer} is not meant for this use${more(at)}.`,
    'It needs the extended key usage of its role, and a key usage that allows signatures.',
  ],
  revoked: (at) => [
    `The certificate of ${at.peer} has been revoked${more(at)}.`,
    'Do not trust it until its operator says why.',
  ],
  weak: (at) => [
    `The certificate of ${at.peer} uses an algorithm or a key that is too weak${more(at)}.`,
    'It needs SHA-256 or better, and an EC key of 256 bits or an RSA key of 2048 bits or more.',
  ],
  'bad-certificate': (at) => [
    `The certificate of ${at.peer} does not hold${more(at)}.`,
    'Ask its operator for a valid one.',
  ],
  'bad-signature': (at) => [
    `${at.peer} has not proved that it has the private key of the certificate it shows: a signature in its handshake does not hold${more(at)}.`,
    'Make sure that the key there is that of the certificate; if it is, somebody shows the certificate of another, or changes the handshake on its way.',
  ],
  'no-certificate': (at) => [
    `${at.peer} showed no certificate.`,
    'Its operator has to install one, or both ends have to use a pre-shared key.',
  ],
  'client-certificate-missing': (at) => [
    `${at.peer} asks for a client certificate, and none was given.`,
    nameCertificate,
  ],
  'client-certificate-refused': (at) => [
    `${at.peer} does not accept this client certificate${more(at)}.`,
    'Use the one that the operator of the server gave you (dots mock prints the files of its own).',
  ],
  'psk-refused': (at) => [
    `${at.peer} does not accept this identity and pre-shared key${more(at)}.`,
    'Check both: a server need not say which of them is wrong.',
  ],
  'psk-mismatch': (at) => [
    `${at.peer} cannot read what this end encrypts, so the pre-shared keys of both ends differ${more(at)}.`,
    'Give both ends the same key for the same identity. (Who can forge datagrams on the way can also forge this answer.)',
  ],
  'psk-silence': (at) => [
    `${at.peer} stopped answering in the middle of the handshake${more(at)}.`,
    'Many servers meet a wrong pre-shared key with silence: check the identity and the key.',
  ],
  'wrong-psk': (at) => [
    `${at.peer} has shown an identity that is not known, or a pre-shared key that is not that of its identity${more(at)}.`,
    'Give both ends the same identity and key.',
  ],
  'no-common-cipher': (at) => [
    `${at.peer} and this end have no protocol version or cipher suite in common${more(at)}.`,
    'It has to offer DTLS 1.2, or TLS 1.2 or 1.3, with a suite of RFC 9325; or one end requires certificates and the other uses a pre-shared key.',
  ],
  'no-extended-secret': (at) => [
    `${at.peer} does not use the extended master secret, without which its keys may be those of another connection (RFC 7627).`,
    'It needs a TLS library that has it: OpenSSL 1.1.0, GnuTLS 3.4, Mbed TLS 2.0, or a later one.',
  ],
  'no-tls': (at) => [
    `${at.peer} does not speak the protocol that was expected there${more(at)}.`,
    'Check the port and the scheme: coaps is DTLS over UDP, coaps+tcp is TLS over TCP.',
  ],
  refused: (at) => [`Nothing listens at ${at.peer}.`, 'Start the server there, or check the address and the port.'],
  'no-name-server': (at) => [
    `The host of ${at.peer} cannot be looked up: no name server answers.`,
    'Check the network of this machine, or name the server by its IP address.',
  ],
  'no-route': (at) => [
    `${at.peer} cannot be reached: the network knows no way there${more(at)}.`,
    'Check the address, and the network of this machine.',
  ],
  'unknown-host': (at) => [`The host of ${at.peer} is not known.`, 'Check the name.'],
  'no-answer': (at) => [
    `${at.peer} did not answer${more(at)}.`,
    'Check the address, that the server runs, and that no firewall blocks it.',
  ],
  broken: (at) => [
    `The connection with ${at.peer} broke${more(at)}.`,
    'Try again; if it happens again, check the certificates at both ends.',
  ],
} satisfies Readonly<Record<string, Words>>;

/** Why a connection was not made. */
export type RefusalReason = keyof typeof reasons;

/** The error of kind `unreachable` for a connection that was not made; its code is `transport/` and the reason. */
export function refusal(reason: RefusalReason, attempt: Attempt, cause?: unknown): DotsError {
  const [message, hint] = reasons[reason](attempt);
  return new DotsError('unreachable', `transport/${reason}`, message, hint, { cause });
}

/** The alert with which a peer ended a connection, as the end of a sentence; the name of one of them is misleading (RFC 5246 section 7.2.2). */
export function alertText(name: string): string {
  return `it said "${name}"${name === 'decrypt error' ? ', because a signature or the end of the handshake does not hold there' : ''}`;
}
