import type { MessageWatch } from '#dots/coap/watchedChannel';
import { cuidInUse, namesEntries, whyCuidStays } from '#dots/dotsClient/cuidChange';
import { newRequest } from '#dots/dotsClient/plannedRequest';
import { newCuid } from '#dots/signal/identifiers';
import { isRunning, type ClientLedger } from '#dots/signal/ledger';
import type { LedgerOfClient } from '#dots/signal/ledgerFolder';
import {
  isCollision,
  recordedSentences,
  replacementSentence,
  RequestFailure,
  sendRecorded,
  type Recorded,
  type Replacement,
} from '#dots/signal/recordedRequest';
import type { Answered } from '#dots/signal/requestWithFailover';
import { grantedLifetime, isUnderAttack, scopesOf } from '#dots/signal/scopes';
import { resolveUnanswered } from '#dots/signal/unanswered';
import { targetWords } from '#dots/words/targets';
import { ledgerAt } from '../clientIdentity';
import type { Arguments } from '../command';
import type { Connect, Connection } from '../connection';
import type { ReadDocument } from '../document';
import type { Io } from '../io';
import { nextCommand } from '../nextCommand';
import { preconfiguredWords } from '../preconfigured';
import type { Sending } from '../serverTarget';
import type { SettledTarget } from '../settledTarget';
import { pathOfFile } from '../workspace';

/** The outcome for a document, and the client that it was sent as. */
export interface SignalResult extends Answered, Partial<Omit<Recorded, keyof Answered>> {
  target: SettledTarget;
  kept?: true | undefined;
  /** What else there is to say, one sentence each: first what happened, then what to do. */
  remarks: string[];
}

/** What sending requires. */
interface Task {
  document: ReadDocument;
  sending: Sending;
  connect: Connect;
  given: Arguments;
  io: Io;
  watch?: MessageWatch | undefined;
}

/**
 * Sends a document over the signal channel and enters it in the ledger. Where another client uses the cuid, a new one
 * is generated if that is allowed, and the document is sent again (RFC 9132 section 4.4.1.3). Throws a DotsError.
 */
export async function sendSignal(task: Task): Promise<SignalResult> {
  const { target } = task.sending;
  const first = await sendAs(target, task);
  if (first.entry === undefined || !isCollision(first.answer)) return first;
  const { ledger } = task.sending;
  const client = ledgerAt(ledger, target);
  const refusal = await whyNoNewCuid(target, client, task);
  if (refusal !== undefined) return { ...first, remarks: [refusal] };
  const renamed: SettledTarget = { ...target, cuid: newCuid(), cuidSource: 'generated' };
  await client.replaced(renamed.cuid);
  const [{ moveEntries }, { overData }] = await Promise.all([
    import('#dots/dotsClient/moveEntries'),
    import('../dataTarget'),
  ]);
  const move = (): Promise<string[]> =>
    moveEntries({
      from: { client, cuid: target.cuid },
      to: { client: ledgerAt(ledger, renamed), cuid: renamed.cuid },
      overData: ({ address, cuid }, action) => overData({ ...target, server: address, cuid }, action),
    });
  // A request that names aliases or ACLs needs them under its cuid; any other one is sent first.
  const before = namesEntries(task.document.value) ? await move() : [];
  const second = await sendAs(renamed, task);
  const moved = before.length > 0 ? before : await move();
  const said = `Another client uses the cuid ${target.cuid}: from now on this one uses ${renamed.cuid}.`;
  return { ...second, remarks: [said, ...moved, ...second.remarks] };
}

async function whyNoNewCuid(
  { cuid, cuidSource }: SettledTarget,
  client: LedgerOfClient,
  { given, io }: Task,
): Promise<string | undefined> {
  const reason = await whyCuidStays(cuidSource, client);
  if (reason === 'configured')
    return `Another client uses the cuid ${cuid}, which --cuid, the workspace file or the profile names. Specify another one there.`;
  if (reason === 'in-use') return cuidInUse(cuid);
  if (given.option('new-cuid') !== undefined) return undefined;
  const isMeant = await io.confirm?.(`Another client uses the cuid ${cuid}. Generate a new one and send again?`);
  return isMeant === true
    ? undefined
    : 'Use --new-cuid to generate a new cuid, which is used from then on, and send again.';
}

async function sendAs(target: SettledTarget, task: Task): Promise<SignalResult> {
  const { document, connect, io, watch } = task;
  const stop = new AbortController();
  void io.stopped().then(() => stop.abort());
  // On a terminal: elsewhere one line at the end says what happened.
  const trace = io.progress && ((sentence: string) => io.say(`dots send: ${sentence}`));
  const underAttack = isUnderAttack(document.value);
  const connection = connect(target, { underAttack, signal: stop.signal, watch, trace });
  try {
    return await sendOver(connection, target, task);
  } catch (error) {
    throw error instanceof RequestFailure ? withNextStep(error, target, task.given) : error;
  } finally {
    await connection.close();
  }
}

async function sendOver(connection: Connection, target: SettledTarget, task: Task): Promise<SignalResult> {
  const { document, sending, given } = task;
  const request = newRequest(document.value, { ...target, file: pathOfFile(document.file) ?? null });
  const { kept, ask } = connection;
  const { permit } = target;
  if (request === undefined) {
    const answered = await ask((session, left) => session.send(document.value, { permit, ...left }));
    return { ...answered, target, kept, remarks: [] };
  }
  const [replace, blocks] = ['replace', 'blocks'].map((option) => given.option(option) !== undefined);
  const client = ledgerAt(sending.ledger, target);
  const recorded = await sendRecorded({
    client,
    request,
    ask,
    permit,
    replace: replace === true,
    approve: replace === true ? undefined : (replacement) => isApproved(replacement, task.io),
    blocks: blocks === true,
  });
  const { failed, entry, answer } = recorded;
  if (failed !== undefined && answer.ok) connection.controlLater?.({ client, request, permit, failed, entry });
  const resolved = await resolveUnanswered(client, ask, target);
  const earlier = earlierVersions(recorded, await client.read());
  const remarks = [...remarksOn(recorded, target, given, kept), ...earlier, ...resolved];
  return { ...recorded, target, kept, remarks };
}

/** The mitigations of earlier content of the same file that go on, because the new content shares no target. */
function earlierVersions({ answer, entry }: Recorded, { entries }: ClientLedger): string[] {
  const { id, file } = entry;
  if (!answer.ok || file === null) return [];
  return entries
    .filter((each) => isRunning(each) && each.file === file && each.id !== id)
    .map(
      (each) =>
        `Earlier content of the file, mid ${each.id} (${targetWords(scopesOf(each.document)[0] ?? {})}), goes on: dots withdraw ${each.id} ends it.`,
    );
}

/** A question on a terminal; elsewhere a replacement is approved if every target stays protected. */
async function isApproved(replacement: Replacement, { confirm }: Io): Promise<boolean> {
  return (await confirm?.(`${replacementSentence(replacement)} Send it?`)) ?? replacement.lost === undefined;
}

/** It may have arrived, or it has not: then it is the same as if it had never been sent. */
function withNextStep(failure: RequestFailure, target: SettledTarget, given: Arguments): RequestFailure {
  const { entry, sent, hint } = failure;
  if (failure.code === 'signal/would-replace')
    return new RequestFailure(failure, entry, sent, 'Use --replace to replace it, or withdraw it first.');
  if (!sent) {
    const nothing = 'Nothing of the request was sent.';
    return new RequestFailure(failure, entry, sent, hint === undefined ? nothing : `${nothing} ${hint}`);
  }
  if (entry.parameter !== 'mid') return failure;
  const [status, withdraw] = [
    nextCommand('status', target, entry.id, given),
    nextCommand('withdraw', target, entry.id, given),
  ];
  const next = `It may have arrived as mid ${entry.id}: ${status} queries the server, ${withdraw} withdraws it.`;
  return new RequestFailure(failure, entry, sent, hint === undefined ? next : `${hint} ${next}`);
}

function remarksOn(recorded: Recorded, target: SettledTarget, given: Arguments, kept: true | undefined): string[] {
  const { answer, entry, wouldReplace } = recorded;
  const all = [...recordedSentences(recorded, kept)];
  if (wouldReplace !== undefined) all.push('Use --replace to send it under a higher mid anyway.');
  if (answer.ok && entry.kind === 'mitigation-scope' && grantedLifetime(answer) !== 0)
    all.push(
      ...preconfiguredWords(entry.document, kept),
      `Next: ${nextCommand('status', target, entry.id, given)} shows its state, ${nextCommand('withdraw', target, entry.id, given)} ends it.`,
    );
  return all;
}
