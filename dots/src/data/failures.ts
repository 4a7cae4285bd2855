import { DotsError } from '#dots/model/errors';
import { nameCertificate, refusal, type RefusalReason } from '#dots/transport/refusals';
import { clientReason, symptomOf } from '#dots/transport/tls/symptoms';

/** The parameters of a connection attempt: they decide between the reasons for one symptom. */
export interface Attempt {
  server: string;
  /** The path of the CA's file. */ ca: string;
  /** Whether a client certificate was presented. */ hasCertificate: boolean;
}

type Explain = (attempt: Attempt, error: unknown) => DotsError;

const unreachable = (code: string, message: string, hint: string): DotsError =>
  new DotsError('unreachable', `data/${code}`, message, hint);

const refusedCertificate: Explain = ({ server, hasCertificate }) =>
  hasCertificate
    ? unreachable(
        'client-certificate-refused',
        `${server} does not accept this client certificate: it is not signed by a CA that the server trusts, or is no longer valid.`,
        'Use the certificate that the operator of the server issued (dots mock prints the paths of its own).',
      )
    : unreachable(
        'client-certificate-missing',
        `${server} requires a client certificate, and none was configured.`,
        nameCertificate,
      );

/**
 * How a TLS 1.2 server requires a certificate, or a different one, and how it reports that no cipher suite is in common
 * (RFC 5246 section 7.2.2): the alert is the same.
 */
const refusedHandshake = ({ server, hasCertificate }: Attempt): DotsError =>
  unreachable(
    hasCertificate ? 'client-certificate-refused' : 'client-certificate-missing',
    hasCertificate
      ? `${server} refused the handshake: it does not accept this client certificate, or has no cipher suite in common with this end.`
      : `${server} refused the handshake: it requires a client certificate, and none was configured, or it has no cipher suite in common with this end.`,
    hasCertificate
      ? 'Use the certificate that the operator of the server issued, and ask whether it offers a suite of RFC 9325 for the type of its key.'
      : nameCertificate,
  );

/**
 * A server may close the connection without an alert right after the handshake: Node's does for a certificate of
 * another CA.
 */
const closedWithoutAlert: Explain = (attempt, error) => {
  const { code, message, hint } = refusedCertificate(attempt, error);
  const said = message.slice(attempt.server.length + 1);
  const why = `${attempt.server} closed the connection without an answer; often that is because it ${said}`;
  return new DotsError('unreachable', code, why, hint);
};

const noTls: Explain = ({ server }) =>
  unreachable(
    'no-tls',
    `${server} does not support TLS 1.2 or later.`,
    'Check the port: it must be that of the data channel.',
  );

/** The messages for failures over TLS where the data channel's are more specific than those of all transports. */
const explanations: Partial<Record<RefusalReason, Explain>> = {
  'wrong-name': ({ server }, error) =>
    unreachable(
      'wrong-host-name',
      `The certificate of ${server} is for another host: ${namesIn(error)}`,
      'Use the name or address that the certificate is for.',
    ),
  expired: ({ server }) =>
    unreachable(
      'certificate-expired',
      `The certificate of ${server} has expired.`,
      'The operator of the server must renew it; dots mock does so when it is restarted.',
    ),
  'not-yet-valid': ({ server }) =>
    unreachable(
      'certificate-not-yet-valid',
      `The certificate of ${server} is not valid yet.`,
      'Check the clock of this machine.',
    ),
  'unknown-ca': ({ server, ca }) =>
    unreachable(
      'unknown-ca',
      `The certificate of ${server} is not signed by the CA in ${ca}: this may not be the server you expect.`,
      'Name the CA file of that server (--ca, or "ca" in the profile).',
    ),
  purpose: ({ server }) =>
    unreachable(
      'certificate-purpose',
      `The certificate of ${server} is not a server certificate.`,
      'The operator of the server must install a server certificate.',
    ),
  'client-certificate-missing': refusedCertificate,
  'client-certificate-refused': refusedCertificate,
  'no-common-cipher': ({ server }) =>
    unreachable(
      'no-tls',
      `${server} and this end have no TLS version or cipher suite in common.`,
      'It has to offer TLS 1.2 or 1.3, with a suite of RFC 9325.',
    ),
  'no-tls': noTls,
  refused: ({ server }) =>
    unreachable('refused', `Nothing listens at ${server}.`, 'Start the server (dots mock) or check the address.'),
  'unknown-host': ({ server }) =>
    unreachable('unknown-host', `The host name of ${server} cannot be resolved.`, 'Check the name.'),
  'no-answer': ({ server }) =>
    unreachable('no-answer', `${server} did not answer in time.`, 'Check the address, and that the server is running.'),
};

/** Describes which check of a connection failed. */
export function explain(error: unknown, attempt: Attempt): DotsError {
  if (error instanceof DotsError) return error;
  const failure = failureOf(error, attempt);
  return new DotsError(failure.kind, failure.code, failure.message, failure.hint, { cause: error });
}

function failureOf(error: unknown, attempt: Attempt): DotsError {
  const symptom = symptomOf(error);
  if (/ALERT_HANDSHAKE_FAILURE/.test(symptom)) return refusedHandshake(attempt);
  const reason = clientReason(symptom, false);
  if (reason === undefined) return closed(attempt, symptom);
  const said = explanations[reason]?.(attempt, error);
  if (said !== undefined) return said;
  const { message, hint } = refusal(reason, { peer: attempt.server });
  return unreachable(reason, message, hint ?? '');
}

function closed(attempt: Attempt, cause: string): DotsError {
  if (/ECONNRESET|EPIPE|UND_ERR_SOCKET|other side closed|socket hang up/i.test(cause))
    return closedWithoutAlert(attempt, cause);
  return unreachable(
    'connection',
    `The connection to ${attempt.server} failed (${cause
      .trim()
      .replace(/[\p{Cc}\s]+/gu, ' ')
      .slice(0, 200)}).`,
    'Check the address and the certificates.',
  );
}

/** The names in a certificate, from Node's error for a wrong name. */
function namesIn(error: unknown): string {
  const { cert } = error as { cert?: { subjectaltname?: unknown } };
  return typeof cert?.subjectaltname === 'string'
    ? `it names ${cert.subjectaltname.replace(/[\p{Cc}]+/gu, ' ').slice(0, 300)}.`
    : 'it contains no names.';
}
