import { DotsError } from '#dots/model/errors';
import type { Permit } from '#dots/model/hostAddress';
import type { JsonObject } from '#dots/model/json';
import { lostTargets } from '#dots/model/lostTargets';
import { sharedTargets } from '#dots/model/sharedTargets';
import { mitigationStatusWords } from '#dots/words/mitigationStatuses';
import { targetsOf, targetWords } from '#dots/words/targets';
import type { Answer } from './answer';
import { failedControl, refuseInIdleTime, withoutAcls, type FailedControl } from './filterControl';
import { rollover } from './identifiers';
import {
  isRunning,
  replacedBy,
  type ClientLedger,
  type LedgerEntry,
  type NewRequest,
  type OtherMitigation,
} from './ledger';
import type { LedgerOfClient } from './ledgerFolder';
import type { Answered, Asking } from './requestWithFailover';
import { grantedLifetime, scopesOf } from './scopes';

/** Asks a server, over whichever session. */
export type Ask = (asking: Asking) => Promise<Answered>;

/** A request that is entered in the ledger, sent, and followed there. */
export interface RecordedRequest {
  client: LedgerOfClient;
  request: NewRequest;
  ask: Ask;
  /** See `SignalSession.send`. */
  permit?: Permit | undefined;
  /** See `SignalSession.send`. */
  blocks?: boolean;
  /** Whether a request whose mid was the cause of its refusal may replace others with a higher one. */
  replace?: boolean;
  /** Decides whether the request may replace mitigations of this ledger; without it, it may. */
  approve?: ((replacement: Replacement) => Promise<boolean>) | undefined;
}

/** The mitigations of this ledger that a request replaces. */
export interface Replacement {
  /** Their scopes, each with its mid. */
  replaced: JsonObject[];
  /** The targets that no running mitigation has after that, and those that none has had, as members of a scope. */
  lost?: JsonObject;
  added?: JsonObject;
}

/** The outcome of a request. */
export interface Recorded extends Answered {
  entry: LedgerEntry;
  /** The mitigation was already running, and the request refreshes it. */
  refreshes: boolean;
  /** Why the answer is not in the ledger, where it is not. */
  unrecorded?: DotsError;
  /** The mid that was refused before, because the server had a higher one. */
  refusedMid?: number;
  /** The mitigations that it replaces, or with `wouldReplace` those that kept it from being sent again. */
  replaced?: JsonObject[];
  wouldReplace?: JsonObject[];
  /** The targets that no running mitigation has any more because of it, and those that none has had. */
  lost?: JsonObject;
  added?: JsonObject;
  /** The ACLs that the server could not change, so that the request was sent without them. */
  failed?: FailedControl;
  /** The mids that the server has from the rollover on. */
  beyond?: number[];
}

/** A request without an answer, as the ledger has it; what failed is in its message. */
export class RequestFailure extends DotsError {
  constructor(
    cause: DotsError,
    readonly entry: LedgerEntry,
    /** Whether anything of it has left this machine, and so may have arrived. */
    readonly sent: boolean,
    /** What to do next, where the shell knows more. */
    hint: string | undefined = cause.hint,
  ) {
    super(cause.kind, cause.code, cause.message, hint, { cause });
  }
}

/**
 * Sends a request under a mid that is on disk before it is used. Where a mid that was chosen here is refused, and what
 * the server has shows that the mid is the cause, it is sent again under a higher one, unless that replaces something
 * and `replace` is not set (RFC 9132 section 4.4.1.3). Where ACLs could not be changed, it is sent again without them
 * (RFC 9133 section 3.2.1). Throws a RequestFailure where no answer came, and a DotsError where the ledger cannot be
 * used or the request would change ACLs in idle time.
 */
export async function sendRecorded(options: RecordedRequest): Promise<Recorded> {
  const { client, request } = options;
  refuseInIdleTime(request.document, await client.read());
  const first = await sendOnce(options);
  const failed = failedControl(first.answer, request.document, await client.read());
  if (failed !== undefined) return withoutControl(options, failed);
  const isSuspect = ['4.00', '4.09'].includes(first.answer.code) && !isCollision(first.answer);
  if (options.request.id !== undefined || options.request.parameter !== 'mid' || first.refreshes || !isSuspect)
    return first;
  return withHigherMid(options, first);
}

/** The mitigation at once, without its ACLs; with them after a while (RFC 9133 section 3.2.1). */
async function withoutControl(options: RecordedRequest, failed: FailedControl): Promise<Recorded> {
  const { request } = options;
  const again = await sendOnce({ ...options, request: { ...request, document: withoutAcls(request.document) } });
  return { ...again, failed };
}

/**
 * What there is to say of a request besides its answer, one sentence each.
 * @param isKept whether the session is kept, and so makes the second step of filter control
 */
export function recordedSentences(recorded: Recorded, isKept = false): string[] {
  const { answer, entry, refreshes, unrecorded, refusedMid, replaced, wouldReplace, lost, added, failed, beyond } =
    recorded;
  const all = [
    refreshes && answer.ok
      ? `The same request is already running: it was refreshed under its mid ${entry.id}.`
      : undefined,
    answer.ok && grantedLifetime(answer) === 0
      ? `The server granted a lifetime of 0 s: mid ${entry.id} is not running. Ask the operator of the server.`
      : undefined,
    refusedMid === undefined
      ? undefined
      : `The server has a higher mid than ${refusedMid}, so it was sent again as mid ${entry.id}.`,
    failed && failedSentence(failed, entry, isKept),
    replaced && replacementSentence({ replaced, ...(lost && { lost }), ...(added && { added }) }),
    wouldReplace &&
      `The server refused mid ${entry.id} because of ${listed(wouldReplace)}. A higher mid would replace that, so it was not sent again.`,
    beyond &&
      `The server reports mid ${beyond.join(', ')}, which is above ${rollover} and is not counted (RFC 9132 section 4.4.1.1).`,
    unrecorded && `The answer is not in the ledger. ${unrecorded.message}`,
  ];
  return all.filter((sentence) => sentence !== undefined);
}

function failedSentence({ acls, retryAfter }: FailedControl, { id }: LedgerEntry, isKept: boolean): string {
  const what = `The server could not change the ACLs ${acls.join(', ')}, so the request was sent again without them, as mid ${id} (RFC 9133 section 3.2.1).`;
  return isKept
    ? `${what} In ${retryAfter} s it is sent again with them, under a new mid, if mid ${id} is still running.`
    : `${what} Send the document again in ${retryAfter} s, under a new mid, to change them.`;
}

/** What a request replaces, and what that changes. */
export function replacementSentence({ replaced, lost, added }: Replacement): string {
  const changes = [
    ...(lost === undefined ? [] : [`no longer protected: ${targetsOf(lost).join(', ')}`]),
    ...(added === undefined ? [] : [`newly protected: ${targetsOf(added).join(', ')}`]),
  ];
  return `It replaces ${listed(replaced)}; ${changes.length === 0 ? 'the targets stay the same' : changes.join('; ')}.`;
}

const listed = (scopes: readonly JsonObject[]): string =>
  scopes.map((scope) => `mid ${String(scope.mid)} (${targetWords(scope)})`).join(', ');

/** Whether a server says that another client uses this cuid (RFC 9132 section 4.4.1.3). */
export function isCollision({ code, body }: Pick<Answer, 'code' | 'body'>): boolean {
  const causes = scopesOf(body).map((scope) => scope['conflict-information'] as JsonObject | undefined);
  return code === '4.09' && causes.some((conflict) => conflict?.['conflict-cause'] === 'cuid-collision');
}

async function sendOnce(options: RecordedRequest): Promise<Recorded> {
  const { client, request, ask, permit, blocks, replace = false } = options;
  const { entry, refreshes } = await client.begin(request);
  const known = await client.read();
  const { own, others } = refreshes ? nothing : replacedBy(known, entry);
  if (others.length > 0 && !replace) throw new RequestFailure(wouldReplace(others), entry, false);
  const replacement = own.length === 0 ? undefined : replacementOf(own, entry, known);
  if (replacement && (await options.approve?.(replacement)) === false)
    throw new RequestFailure(notApproved(replacement), entry, false);
  let sent = false;
  let noted: Promise<void> | undefined;
  const asking: Asking = async (session, left) => {
    noted ??= client.sending(entry);
    await noted;
    return session.send(request.document, { mid: entry.id, permit, blocks, ...left, left: () => (sent = true) });
  };
  const { session, answer } = await ask(asking).catch(async (error: unknown) => {
    if (!sent) await client.notSent(entry);
    throw error instanceof DotsError ? new RequestFailure(error, entry, sent) : error;
  });
  const replaced = [...(replacement?.replaced ?? []), ...others.map(({ scope, mid }) => ({ ...scope, mid }))];
  const unrecorded = await client
    .answered(entry, { ...answer, lifetime: grantedLifetime(answer) })
    .then(() => undefined, asDotsError);
  return {
    session,
    answer,
    entry,
    refreshes,
    ...(answer.ok && replaced.length > 0 && { ...replacement, replaced }),
    ...(unrecorded && { unrecorded }),
  };
}

const nothing = { own: [], others: [] };

/** What is protected by the request, and by the mitigations that go on beside it, is not lost. */
function replacementOf(own: LedgerEntry[], entry: LedgerEntry, { entries }: ClientLedger): Replacement {
  const before = own.flatMap(({ document }) => scopesOf(document));
  const asked = scopesOf(entry.document);
  const others = entries.filter((each) => isRunning(each) && !own.includes(each) && each.id !== entry.id);
  const beside = others.flatMap(({ document }) => scopesOf(document));
  const lost = lostTargets(before, [...asked, ...beside]);
  const added = lostTargets(asked, [...before, ...beside]);
  const replaced = own.map(({ id, document }) => ({ ...scopesOf(document)[0], mid: id }));
  return { replaced, ...(lost && { lost }), ...(added && { added }) };
}

function notApproved(replacement: Replacement): DotsError {
  return new DotsError(
    'malformed',
    'signal/would-replace',
    `Not sent: ${replacementSentence(replacement).replace(/^It replaces/, 'it would replace')}`,
    'Withdraw that first, or request these targets as well.',
  );
}

/** Mitigations of this client that are not in this ledger are replaced only on request. */
function wouldReplace(others: readonly OtherMitigation[]): DotsError {
  return new DotsError(
    'malformed',
    'signal/would-replace',
    `Not sent: it would replace ${listed(others.map(({ mid, scope }) => ({ ...scope, mid })))}, which the server has for this client but the ledger does not.`,
    'Withdraw that first, or request other targets.',
  );
}

/** A failure to store an answer must not hide the answer. */
function asDotsError(error: unknown): DotsError {
  if (error instanceof DotsError) return error;
  throw error;
}

async function withHigherMid(options: RecordedRequest, first: Recorded): Promise<Recorded> {
  const { client, request, ask, replace = false } = options;
  const listed = await ask((session, left) => session.status(undefined, left)).catch(() => undefined);
  if (listed?.answer.ok !== true) return first;
  const scopes = scopesOf(listed.answer.body);
  const { beyond } = await client.reported(listed.answer);
  const [asked = {}] = scopesOf(request.document);
  const overlapping = scopes.filter((scope) => isOngoing(scope) && sharedTargets(asked, scope) !== undefined);
  const isCause = scopes.some(
    (scope) => scope.mid === first.entry.id || (overlapping.includes(scope) && isHigher(scope, first.entry.id)),
  );
  const known = { ...first, ...(beyond.length > 0 && { beyond }) };
  if (!isCause) return known;
  if (overlapping.length > 0 && !replace) return { ...known, wouldReplace: overlapping };
  const again = await sendOnce(options);
  return { ...again, refusedMid: first.entry.id };
}

const isOngoing = ({ status }: JsonObject): boolean => !mitigationStatusWords(String(status)).ending;

/** No mid is chosen above the rollover: none would be left after it. */
const isHigher = ({ mid }: JsonObject, than: number): boolean =>
  typeof mid === 'number' && mid > than && mid <= rollover;
