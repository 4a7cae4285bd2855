import type { DotsError } from '#dots/model/errors';
import type { JsonObject } from '#dots/model/json';
import { printable, safeJson } from '#dots/model/text';
import type { Answer } from '#dots/signal/answer';
import type { MitigationEvent } from '#dots/signal/mitigationChanges';
import { codeWords } from '#dots/words/codes';
import { targetsOf } from '#dots/words/targets';
import { errorJson } from './invoke';
import type { Io } from './io';
import { mitigationFacts, type MitigationLine } from './mitigationReport';

/** What an event is about: a mitigation, the session, an answer that is none, or the end. */
export type EventName = MitigationEvent['event'] | 'telemetry' | 'lost' | 'returned' | 'refused' | 'failed' | 'end';

/** One event of `dots watch` and `dots telemetry watch`. */
export interface WatchEvent {
  event: EventName;
  mitigation?: MitigationLine;
  /** As reported. */
  body?: JsonObject;
  /** The answer that refused. */
  refusal?: Answer;
  error?: DotsError;
  /** What it means and what to do, one sentence or more. */
  message?: string;
}

/** Whose events they are. */
export interface EventSource {
  server: string;
  cuid: string;
  profile: string | null;
}

/** Prints events as they come: a line each, for a person or as JSON. */
export class EventPrinter {
  constructor(
    private readonly isJson: boolean,
    private readonly io: Io,
  ) {}

  async print(source: EventSource | undefined, event: WatchEvent): Promise<void> {
    const at = new Date().toISOString();
    const text = this.isJson ? safeJson(eventJson(at, source, event)) : printable(eventText(at, source, event));
    await this.io.out(`${text}\n`);
  }
}

function eventText(at: string, source: EventSource | undefined, { mitigation, ...event }: WatchEvent): string {
  const { refusal, error, message, body } = event;
  const said = [
    ...(mitigation === undefined ? [] : [mitigationText(event.event, mitigation)]),
    ...(body === undefined || mitigation !== undefined ? [] : [safeJson(body)]),
    ...(refusal === undefined ? [] : [`${refusal.code} ${codeWords(refusal.code).name}: ${reasonOf(refusal)}`]),
    ...(error === undefined ? [] : [error.message, ...(error.hint === undefined ? [] : [error.hint])]),
    ...(message === undefined ? [] : [message]),
  ];
  return [`${at.slice(0, 19)}Z`, ...(source === undefined ? [] : [source.server]), said.join(' ')].join('  ');
}

const reasonOf = ({ code, diagnostic }: Answer): string => diagnostic ?? codeWords(code).meaning;

/** A mitigation that the server does not have any more has no status of now. */
function mitigationText(event: EventName, { mid, ...mitigation }: MitigationLine): string {
  const [state = '', ...facts] = mitigationFacts(mitigation);
  return [`mid ${mid}`, event === 'ended' ? 'ended' : state, ...facts].join('  ');
}

function eventJson(at: string, source: EventSource | undefined, event: WatchEvent): object {
  const { mitigation, refusal, error, message, body } = event;
  return {
    version: 1,
    event: event.event,
    at,
    server: source?.server ?? null,
    cuid: source?.cuid ?? null,
    profile: source?.profile ?? null,
    mid: mitigation?.mid ?? null,
    status: mitigation?.status ?? null,
    lifetime: mitigation?.lifetime ?? null,
    state: mitigation?.entry?.state ?? null,
    file: mitigation?.entry?.file ?? null,
    targets: mitigation === undefined ? [] : targetsOf(mitigation.scope),
    body: body ?? null,
    code: refusal?.code ?? null,
    diagnostic: refusal?.diagnostic ?? null,
    error: error === undefined ? null : errorJson(error),
    message: message ?? null,
  };
}
