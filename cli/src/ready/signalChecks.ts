import { X509Certificate } from 'node:crypto';
import { isObject, type JsonObject } from '#dots/model/json';
import { systemClock } from '#dots/runtime/clock';
import { scopesOf } from '#dots/signal/scopes';
import type { Answer, SignalSession } from '#dots/signal/session';
import { expiryWarning } from '#dots/transport/certificates/credentialWarnings';
import { codeWords } from '#dots/words/codes';
import { duration, plural } from '#dots/words/quantities';
import { securityWords } from '#dots/words/sessions';
import { targetWords } from '#dots/words/targets';
import { sameTargets } from '#dots/workspace/sameTargets';
import { commandLine, type Way } from './commandLines';
import { dayOf, nearSeconds } from './days';
import type { OwnDocument } from './documents';
import { checked, type Check } from './report';

/** How often a client sends a heartbeat where nothing else is configured, milliseconds: RFC 9132 section 4.5.2. */
const heartbeatMs = 30_000;

/** The status of a mitigation that starts when the session is lost: RFC 9132 section 4.4.2. */
const waiting = 'attack-mitigation-signal-loss';

/** The protection of an open session, and whether its server answers about this client's mitigations. */
export function signalCheck({ security }: SignalSession, answer: Answer): Check[] {
  const { name, meaning } = codeWords(answer.code);
  const said = answer.diagnostic ?? meaning;
  if (!answer.ok && answer.code !== '4.04')
    return [
      checked('signal channel', 'not-ready', `The server refuses to list mitigations: ${answer.code} ${name}: ${said}`),
    ];
  if (security === undefined) return [checked('signal channel', 'ok', 'The server answers over plain CoAP.')];
  const way = securityWords(security);
  const asked =
    security.asked === false
      ? checked(
          'signal channel',
          'soon',
          `The server answers ${way}: RFC 9132 section 7.1 requires both ends to be authenticated.`,
          {
            todo: ['Ask the operator of the server to request client certificates.'],
          },
        )
      : checked('signal channel', 'ok', `The server answers ${way}${validUntil(security.certificate)}.`);
  return [asked, ...serverExpiry(security.certificate)];
}

const endOf = (der: Uint8Array): number => Date.parse(new X509Certificate(der).validTo);

const validUntil = (der: Uint8Array | undefined): string =>
  der === undefined ? '' : `, certificate valid until ${dayOf(endOf(der))}`;

function serverExpiry(der: Uint8Array | undefined): Check[] {
  const warning = der && expiryWarning('The certificate of the server', endOf(der), systemClock.now());
  return warning === undefined
    ? []
    : [
        checked('signal channel', 'soon', warning, {
          todo: ['Ask the operator of the server to renew its certificate.'],
        }),
      ];
}

/** Where a session is kept, its heartbeats are the ones that count. */
export const keptHeartbeat = checked('heartbeat', 'ok', 'dots session exchanges heartbeats with the server.');

/**
 * Whether the server answers a heartbeat. None is sent while mitigations wait for the loss of the session: the end of
 * heartbeats would start them (RFC 9132 section 4.7).
 */
export async function heartbeatCheck(
  session: SignalSession,
  server: readonly JsonObject[],
  timeoutMs: number,
): Promise<Check> {
  if (server.some(({ status }) => status === waiting))
    return checked(
      'heartbeat',
      'skipped',
      'None was sent: preconfigured mitigations start when the heartbeats of this client end. dots session keeps them going.',
    );
  const { ok, code, roundTripMs } = await session.heartbeat(heartbeatMs, { timeoutMs });
  return ok
    ? checked('heartbeat', 'ok', `Answered in ${Math.max(1, Math.round(roundTripMs))} ms.`)
    : checked('heartbeat', 'not-ready', `The server refuses heartbeats: ${code} ${codeWords(code).name}.`, {
        todo: ['Ask the operator of the server: without heartbeats the loss of a session is not noticed.'],
      });
}

/** A mitigation request of the workspace that waits for the loss of the session. */
interface Preconfigured {
  file: string;
  scope: JsonObject;
}

const preconfigured = (documents: readonly OwnDocument[]): Preconfigured[] =>
  documents
    .filter(({ kind }) => kind === 'mitigation-scope')
    .flatMap(({ file, value }) => scopesOf(value).map((scope) => ({ file, scope })))
    .filter(({ scope }) => scope['trigger-mitigation'] === false);

/** Compares the mitigations that wait for the loss of the session, on the server and in the workspace. */
export function preconfiguredChecks(
  documents: readonly OwnDocument[],
  server: readonly JsonObject[],
  way: Way,
): Check[] {
  const present = server.filter(({ status }) => status === waiting);
  const own = preconfigured(documents);
  const missing = own.filter(({ scope }) => !present.some((each) => sameTargets(each, scope)));
  const unknown = present.filter((each) => !own.some(({ scope }) => sameTargets(each, scope)));
  const check = 'preconfigured mitigations';
  if (own.length + present.length === 0) return [checked(check, 'skipped', 'None, neither here nor on the server.')];
  return [
    missing.length === 0
      ? checked(check, 'ok', `${plural(present.length, 'mitigation')} on the server.`)
      : checked(check, 'not-ready', `${plural(missing.length, 'mitigation')} of the workspace not on the server.`, {
          details: missing.map(({ file, scope }) => `${file}: ${targetWords(scope)}`),
          todo: [...new Set(missing.map(({ file }) => commandLine(['send', file], way, true)))],
        }),
    ...unknown.map((scope) =>
      checked(check, 'soon', `mid ${String(scope.mid)} is on the server and in no document: ${targetWords(scope)}.`, {
        todo: [commandLine(['withdraw', String(scope.mid)], way, true)],
      }),
    ),
    ...ending(present, way),
  ];
}

/** A server may grant a day at most, so only what ends within hours is urgent, seconds. */
const urgentSeconds = 12 * 3600;

function ending(present: readonly JsonObject[], way: Way): Check[] {
  return present.flatMap(({ mid, lifetime }) => {
    if (typeof lifetime !== 'number' || lifetime < 0 || lifetime >= nearSeconds) return [];
    const message = `The preconfigured mitigation ${String(mid)} ends in ${duration(lifetime)}.`;
    const todo = [commandLine(['refresh', String(mid)], way, true)];
    return [checked('lifetimes', lifetime < urgentSeconds ? 'not-ready' : 'soon', message, { todo })];
  });
}

/** The mitigations in the answer about all of them. */
export const scopesIn = ({ body }: Answer): JsonObject[] => scopesOf(body).filter(isObject);
