import type { DocumentState, DocumentToSend } from '#contract';
import { documentTypes, type DocumentType } from '#dots/model/documents';
import { DotsError } from '#dots/model/errors';
import { isObject, type JsonObject } from '#dots/model/json';
import { plural } from '#dots/words/quantities';
import type { AliasTargets } from '#dots/workspace/definitions';
import type { Channel, Destination } from '#dots/workspace/destination';

/** The code of a refusal whose reasons are in the Problems view. */
export const inProblems = 'editor/in-problems';

/** A document that a client may send, and its target. */
export interface Sendable {
  value: JsonObject;
  destination: Destination;
  /** The targets of the aliases that it names. */
  aliases: AliasTargets;
}

/** The document to send on a channel. Throws a DotsError that states why it may not be sent. */
export function sendable({ state, value, aliases }: DocumentToSend, channel: Channel): Sendable {
  const type = documentTypes.find(({ kind }) => kind === state.kind);
  const { destination } = state;
  if (type === undefined || destination === null || !isObject(value)) throw unknownKind(state);
  const refusal = otherChannel(type, channel) ?? (isDeclared(destination) ? undefined : refusalOf(type, state));
  if (refusal !== undefined) throw refusal;
  return { value, destination, aliases };
}

function unknownKind(state: DocumentState): DotsError {
  return (
    errorsOf(state) ??
    new DotsError(
      'usage',
      'editor/unknown-kind',
      'The document is not a known kind of DOTS document.',
      'Its top-level member must be one such as "ietf-dots-signal-channel:mitigation-scope".',
    )
  );
}

function otherChannel(type: DocumentType, channel: Channel): DotsError | undefined {
  if (type.channel === channel) return undefined;
  return new DotsError(
    'usage',
    'editor/other-channel',
    `A document of kind "${type.title}" is sent over the ${type.channel} channel.`,
    type.channel === 'data' ? 'Install aliases and ACLs instead.' : 'Send it instead.',
  );
}

/** If the workspace file declares a status, there is no target, and the problem states that. */
const isDeclared = (destination: Destination): boolean =>
  destination.kind === 'none' && destination.problem.code === 'status-document';

const refusalOf = (type: DocumentType, state: DocumentState): DotsError | undefined =>
  state.direction === 'status' ? status(type) : errorsOf(state);

function status({ kind, title }: DocumentType): DotsError {
  return kind === 'mitigation-scope'
    ? new DotsError(
        'usage',
        'editor/status-document',
        'This is the status of a mitigation, which only a server sends.',
        'Remove mid, status and the counters to make it a request.',
      )
    : new DotsError(
        'usage',
        'editor/status-document',
        `This document with ${title} has members that only a server writes.`,
        'Remove them to send it.',
      );
}

function errorsOf({ requestErrors, counts }: DocumentState): DotsError | undefined {
  if (requestErrors === 0) return undefined;
  return new DotsError(
    'usage',
    counts.error > 0 ? inProblems : 'editor/has-errors',
    `It has ${plural(requestErrors, 'error')}, so the server would refuse it.`,
    'Correct them first.',
  );
}
