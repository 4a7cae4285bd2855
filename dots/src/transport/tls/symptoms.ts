import type { DotsError } from '#dots/model/errors';
import { alertText, refusal, type RefusalReason } from '../refusals';

type Symptoms = readonly (readonly [symptom: RegExp, reason: RefusalReason])[];

/** The certificate errors of Node's OpenSSL, and of the BoringSSL of a desktop VS Code; the most specific first. */
const verification: Symptoms = [
  [/ALTNAME_INVALID/, 'wrong-name'],
  [/CERT_HAS_EXPIRED|certificate has expired/i, 'expired'],
  [/CERT_NOT_YET_VALID|certificate is not yet valid/i, 'not-yet-valid'],
  [/CERT_REVOKED/, 'revoked'],
  [/CRL/, 'bad-certificate'],
  [/INVALID_CA|PATH_LENGTH|invalid CA|not include certificate signing/i, 'not-a-ca'],
  [/INVALID_PURPOSE/, 'purpose'],
  [/too weak|too small/i, 'weak'],
  [/SELF_SIGNED|UNABLE_TO_|SIGNATURE_FAILURE|CERT_UNTRUSTED|self.signed certificate|unable to verify/i, 'unknown-ca'],
  [/UNSPECIFIED|CERT_REJECTED|CERT_CHAIN_TOO_LONG/, 'bad-certificate'],
];

const network: Symptoms = [
  [/ECONNREFUSED/, 'refused'],
  [/ENOTFOUND/, 'unknown-host'],
  [/EAI_AGAIN/, 'no-name-server'],
  [/EHOSTUNREACH|ENETUNREACH|EHOSTDOWN|EADDRNOTAVAIL/, 'no-route'],
  [/TIMEOUT|ETIMEDOUT/, 'no-answer'],
];

const agreement: Symptoms = [
  [/NO_APPLICATION_PROTOCOL/, 'no-tls'],
  [
    /NO_SHARED_CIPHER|UNSUPPORTED_PROTOCOL|PROTOCOL_VERSION|INSUFFICIENT_SECURITY|NO_SUITABLE_SIGNATURE|NO_PROTOCOLS_AVAILABLE|WRONG_SSL_VERSION|NO_SUITABLE_KEY_SHARE/,
    'no-common-cipher',
  ],
  [
    /WRONG_VERSION_NUMBER|PACKET_LENGTH|HTTP_REQUEST|HTTPS_PROXY_REQUEST|UNEXPECTED_MESSAGE|BAD_PROTOCOL|NOT_SSL|RECORD_LENGTH/,
    'no-tls',
  ],
];

/**
 * Errors that are found only once the chain has been verified. For RSA, OpenSSL names the step in which a signature
 * failed, which may be any; errors of the own key are omitted.
 */
const proof: Symptoms = [
  [/BAD_SIGNATURE|:RSA routines:(?!\w*(private|padding_add|sign))/i, 'bad-signature'],
  [/ECC_CERT_NOT_FOR_SIGNING|BAD_ECC_CERT|KEY_USAGE_BIT_INCORRECT/, 'purpose'],
];

/** The alerts with which a server refuses a client's certificate: RFC 8446 section 6.2. */
const clientTurnedAway: Symptoms = [
  [/CERTIFICATE_REQUIRED/, 'client-certificate-missing'],
  [
    /ALERT_(BAD_CERTIFICATE|UNSUPPORTED_CERTIFICATE|CERTIFICATE_|UNKNOWN_CA|ACCESS_DENIED|NO_CERTIFICATE|DECRYPT_ERROR)/,
    'client-certificate-refused',
  ],
];
/** The first one means that the server cannot decrypt the client's messages. */
const keyTurnedAway: Symptoms = [
  [/ALERT_(BAD_RECORD_MAC|DECRYPT)/, 'psk-mismatch'],
  [/ALERT_(UNKNOWN_PSK|ILLEGAL_PARAMETER|ACCESS_DENIED)|BAD_RECORD_MAC|DECRYPTION_FAILED/, 'psk-refused'],
];
const clientFailed: Symptoms = [
  [/PEER_DID_NOT_RETURN_A_CERTIFICATE/, 'no-certificate'],
  [/PSK_IDENTITY_NOT_FOUND|BINDER_DOES_NOT_VERIFY|BAD_RECORD_MAC|DECRYPTION_FAILED|DIGEST_CHECK_FAILED/, 'wrong-psk'],
];

function reasonIn(symptom: string, ...tables: Symptoms[]): RefusalReason | undefined {
  return tables.flat().find(([pattern]) => pattern.test(symptom))?.[1];
}

/** An error of Node as one text: its code, then its message. */
export function symptomOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return `${'code' in error ? String(error.code) : ''} ${error.message}`;
}

/** The reason for a certificate error, by the code or the text of the library. */
export function certificateRefusal(peer: string, symptom: string, cause?: unknown): DotsError {
  return refusal(reasonIn(symptom, verification) ?? 'bad-certificate', { peer, detail: detailIn(symptom) }, cause);
}

/** Why a client was refused; undefined if the symptom does not show it. */
export function clientReason(symptom: string, psk: boolean): RefusalReason | undefined {
  const turnedAway = psk ? keyTurnedAway : clientTurnedAway;
  return reasonIn(
    symptom,
    network,
    turnedAway,
    agreement,
    [[/ALERT_HANDSHAKE_FAILURE/, 'no-common-cipher']],
    /ALERT_/.test(symptom) ? [] : [...proof, ...verification],
  );
}

/** Why a server refused a client; undefined if the symptom does not show it. */
export function serverReason(symptom: string): RefusalReason | undefined {
  return /ALERT_/.test(symptom) ? undefined : reasonIn(symptom, clientFailed, proof, agreement);
}

/** More about an error, as the end of a sentence. */
export function detailIn(symptom: string): string | undefined {
  return /CRL/.test(symptom) ? 'there is no currently valid certificate revocation list of its CA' : alertIn(symptom);
}

/** The alert in an error, as the end of a sentence. */
export function alertIn(symptom: string): string | undefined {
  const name = /ALERT_([A-Z_]+)/.exec(symptom)?.[1];
  return name === undefined ? undefined : alertText(inWords(name));
}

/** The fault that this end found in a handshake, as the end of a sentence. */
export function faultIn(symptom: string): string | undefined {
  const name = /^ERR_SSL_((?!\w*ALERT_)\w+)/.exec(symptom)?.[1];
  return name === undefined ? undefined : `this end found a fault in the handshake, "${inWords(name)}"`;
}

function inWords(name: string): string {
  return name.toLowerCase().replaceAll('_', ' ');
}
