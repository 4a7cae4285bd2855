import { connect, type ConnectionOptions, type DetailedPeerCertificate, type TLSSocket } from 'node:tls';
import type { Channel } from '#dots/coap/messages/channel';
import { systemClock, type Clock } from '#dots/runtime/clock';
import { DotsError } from '#dots/model/errors';
import { addressText, indicatedName, type Address } from '../address';
import type { ClientCredentials } from '../certificates/credentials';
import { isForServer, namesText } from '../certificates/certificateNames';
import { refusal } from '../refusals';
import type { SecureOptions } from '../secure';
import { securityOf, TlsChannel } from './channel';
import { clientContext, coapProtocol, speaksCoap } from './context';
import { hasExtendedSecret } from './extendedSecret';
import { objectionTo } from './peerCheck';
import { alertIn, certificateRefusal, clientReason, detailIn, faultIn, symptomOf } from './symptoms';

const defaultDeadlineMs = 10_000;
/** The kernel waits twice as long after each repetition of a SYN; a connection is then started anew. Milliseconds. */
const connectMs = 5000;

/**
 * In TLS 1.3 the client's handshake ends before the server has checked its certificate, so only the first byte of the
 * server confirms it: its CSM, which is sent immediately. A server may also wait for ours (RFC 8323 section 3.3), so
 * this wait is limited, milliseconds.
 */
const firstByteMs = 500;
const acceptedUnseen = 'TLSv1.3';

/** One attempt, and its state. */
interface Attempt {
  peer: string;
  psk: boolean;
  socket: TLSSocket;
  /** The result of our own check of the certificate. */
  objection?: DotsError | undefined;
  /** Whether the server has sent anything, which a closed socket no longer shows. */
  answered: boolean;
}

/**
 * Connects over TLS 1.2 or 1.3 and authenticates both ends: CoAP over TLS of RFC 8323 with the profile of RFC 9132
 * section 7.1. Throws a DotsError: `usage` for credentials that cannot be used, `unreachable` with a code of the
 * refusals for everything else. It uses `tls.connect` itself: VS Code's extension host replaces Node's `https`.
 */
export async function connectTls(address: Address, options: SecureOptions): Promise<Channel> {
  const { credentials, signal, clock = systemClock, deadlineMs = defaultDeadlineMs } = options;
  const peer = `coaps+tcp://${addressText({ host: options.serverName, port: address.port })}`;
  const name = indicatedName(options.serverName);
  const context = clientContext(credentials);
  if (signal?.aborted === true) throw cancelled(peer);
  const attempt: Attempt = {
    peer,
    psk: 'psk' in credentials,
    answered: false,
    socket: connect({
      host: address.host,
      port: address.port,
      ...(address.from !== undefined && { localAddress: address.from }),
      secureContext: context,
      ALPNProtocols: [coapProtocol],
      rejectUnauthorized: true,
      ...proofOf(credentials),
      checkServerIdentity: (_host, shown) =>
        (attempt.objection =
          'psk' in credentials ? undefined : objection(peer, options.serverName, shown as DetailedPeerCertificate)),
      ...(name === undefined ? {} : { servername: name }),
    }),
  };
  try {
    await established(attempt, { signal, clock, deadlineMs });
  } catch (error) {
    attempt.socket.on('error', () => undefined).destroy();
    throw error;
  }
  const identity = 'psk' in credentials ? credentials.psk.identity : undefined;
  const early =
    attempt.socket.getProtocol() === acceptedUnseen ? (symptom: string) => failureOf(attempt, symptom) : undefined;
  return new TlsChannel(
    attempt.socket,
    addressText(address),
    securityOf(attempt.socket, peer, { identity, serverName: options.serverName }),
    { clock, early },
  );
}

function proofOf(credentials: ClientCredentials): Pick<ConnectionOptions, 'pskCallback'> {
  if (!('psk' in credentials)) return {};
  const { identity, key } = credentials.psk;
  return { pskCallback: () => ({ identity, psk: key }) };
}

/** OpenSSL has verified the chain; the other checks are here. */
function objection(peer: string, serverName: string, shown: DetailedPeerCertificate): DotsError | undefined {
  try {
    if (!isForServer(shown.raw, serverName)) return refusal('wrong-name', { peer, detail: namesText(shown.raw) });
    const found = objectionTo(shown);
    return found && refusal(found.reason, { peer, detail: found.detail });
  } catch (cause) {
    // OpenSSL may accept a certificate that cannot be read here.
    return refusal('bad-certificate', { peer, detail: 'it cannot be read' }, cause);
  }
}

interface Patience {
  signal?: AbortSignal | undefined;
  clock: Clock;
  deadlineMs: number;
}

/** Resolves when both ends are authenticated; fails with the reason. */
function established(attempt: Attempt, { signal, clock, deadlineMs }: Patience): Promise<void> {
  const { socket, peer } = attempt;
  const start = clock.monotonic();
  return new Promise<void>((resolve, reject) => {
    const settle = (error?: DotsError): void => {
      clock.clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
      socket.removeAllListeners('readable').off('error', fail).off('close', fail).off('secureConnect', secured);
      if (error === undefined) resolve();
      else reject(error);
    };
    const abort = (): void => settle(cancelled(peer));
    const fail = (error?: unknown): void =>
      settle(failureOf(attempt, error instanceof Error ? symptomOf(error) : 'closed', error));
    const heard = (): void => {
      if (socket.readableLength > 0) settle();
    };
    const secured = (): void => {
      attempt.answered = true;
      const fault = agreementFault(attempt);
      if (fault !== undefined || socket.getProtocol() !== acceptedUnseen) return settle(fault);
      clock.clearTimeout(timer);
      timer = clock.setTimeout(() => settle(), firstByteMs);
      socket.on('readable', heard);
    };
    const late = (): void => settle(silence(attempt));
    let timer = clock.setTimeout(late, Math.min(connectMs, deadlineMs));
    socket.once('connect', () => {
      clock.clearTimeout(timer);
      timer = clock.setTimeout(late, Math.max(0, start + deadlineMs - clock.monotonic()));
    });
    signal?.addEventListener('abort', abort, { once: true });
    socket.prependOnceListener('end', () => {
      attempt.answered ||= hasAnswered(socket);
    });
    socket.on('error', fail).on('close', fail).on('secureConnect', secured);
  });
}

/** The fault of a completed handshake. No unverified certificate gets this far; this checks it once more. */
function agreementFault({ socket, peer }: Attempt): DotsError | undefined {
  if (!socket.authorized) return certificateRefusal(peer, String(socket.authorizationError));
  if (!hasExtendedSecret(socket)) return refusal('no-extended-secret', { peer });
  return speaksCoap(socket)
    ? undefined
    : refusal('no-tls', { peer, detail: 'it negotiated another protocol than CoAP (ALPN, RFC 8323 section 8.2)' });
}

function failureOf({ peer, psk, answered, objection: found }: Attempt, symptom: string, cause?: unknown): DotsError {
  if (found !== undefined) return found;
  const reason = clientReason(symptom, psk);
  const detail = alertIn(symptom) ?? faultIn(symptom);
  if (reason !== undefined) return refusal(reason, { peer, detail: detailIn(symptom) }, cause);
  // Some servers close the connection without an alert when they refuse the client's credentials.
  if (detail === undefined && answered)
    return refusal(
      psk ? 'psk-refused' : 'client-certificate-refused',
      { peer, detail: 'it closed the connection without an alert' },
      cause,
    );
  return refusal('broken', { peer, detail: detail ?? 'it closed the connection before the handshake' }, cause);
}

/** Whether the server has chosen a suite; the bytes that the socket counts are those of the application. */
function hasAnswered(socket: TLSSocket): boolean {
  return (socket.getCipher() as unknown) !== undefined;
}

function silence({ socket, peer, psk }: Attempt): DotsError {
  if (!hasAnswered(socket)) return refusal('no-answer', { peer });
  return psk
    ? refusal('psk-silence', { peer })
    : refusal('no-answer', { peer, detail: 'it stopped answering in the middle of the handshake' });
}

function cancelled(peer: string): DotsError {
  return new DotsError(
    'unreachable',
    'transport/cancelled',
    `The connection to ${peer} was cancelled before it was established.`,
  );
}
