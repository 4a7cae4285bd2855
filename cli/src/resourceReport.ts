import type { DotsError } from '#dots/model/errors';
import type { JsonObject } from '#dots/model/json';
import { oneLine, printable, safeJson } from '#dots/model/text';
import type { Answer } from '#dots/signal/answer';
import { RequestFailure } from '#dots/signal/recordedRequest';
import { codeWords, maxAgeWords } from '#dots/words/codes';
import type { ExitStatus } from './command';
import { CommandReport } from './commandReport';
import { errorJson } from './invoke';

/** The answer to a request, and what it means for the user. */
export interface Outcome {
  answer: Answer;
  kept?: true | undefined;
  /** What the answer says, in lines, where it is not its body that is printed. */
  lines?: readonly string[];
  /** What else there is to say. */
  remarks?: readonly string[];
  /** What to do next. */
  next: string;
}

/** The result of a command about one resource of the signal channel. */
export class ResourceReport extends CommandReport {
  private outcome: Outcome | undefined;

  /** Takes the answer. */
  answered(outcome: Outcome): void {
    this.outcome = outcome;
  }

  /** Prints the result. Returns the exit status: 1 for a refusal, and where nothing was sent. */
  async end(): Promise<ExitStatus> {
    if (this.isJson) await this.json();
    else if (this.outcome !== undefined) await this.io.out(this.text(this.outcome));
    return this.outcome?.answer.ok === true ? 0 : 1;
  }

  private text({ answer, lines, remarks = [], next, kept }: Outcome): string {
    const { code, ok, diagnostic, notes = [], body, request, roundTripMs } = answer;
    const { name, meaning } = codeWords(code, request.path, ok);
    const said = [
      `${code} ${name}: ${meaning}`,
      ...(diagnostic === undefined ? [] : [`The server says: ${oneLine(diagnostic)}`]),
      ...notes,
      ...[maxAgeWords(answer)].filter((sentence) => sentence !== undefined),
      ...(lines ?? []),
      `${request.method} ${request.path}, ${request.octets} octets, answered in ${Math.max(1, Math.round(roundTripMs))} ms${kept ? ', over the session that dots session keeps' : ''}`,
      this.clientLine,
      ...remarks,
      `Next: ${next}`,
    ];
    const shown = body === undefined || lines !== undefined ? [] : [safeJson(body, 2)];
    return [...said.map(printable), ...shown].map((line) => `${line}\n`).join('');
  }

  protected async json(error?: DotsError): Promise<void> {
    const { outcome } = this;
    const report = {
      ...this.head(outcome?.answer.ok ?? false),
      sent: outcome !== undefined || (error instanceof RequestFailure && error.sent),
      kept: outcome?.kept ?? false,
      ...answerJson(outcome?.answer, error),
      notes: [...(outcome?.answer.notes ?? []), ...this.notes],
      findings: this.findings,
      remarks: outcome?.remarks ?? [],
      next: outcome?.next ?? error?.hint ?? null,
      error: error === undefined ? null : errorJson(error),
    };
    await this.io.out(`${safeJson(report, 2)}\n`);
  }
}

/** The number that the path of a request names; of one without an answer, the number in the ledger. */
function idsOf(
  answer: Answer | undefined,
  error: DotsError | undefined,
): Record<'sid' | 'tsid' | 'tmid', number | null> {
  const [, name, id] = /\/(sid|tsid|tmid)=(\d+)$/.exec(answer?.request.path ?? '') ?? [];
  const known = error instanceof RequestFailure ? { [error.entry.parameter]: error.entry.id } : {};
  const found: Partial<Record<string, number>> = name === undefined ? known : { [name]: Number(id) };
  const { sid = null, tsid = null, tmid = null } = found;
  return { sid, tsid, tmid };
}

function answerJson(answer: Answer | undefined, error: DotsError | undefined): object {
  const { code, diagnostic, body, maxAge, currentFor, roundTripMs, request } = answer ?? {};
  return {
    ...idsOf(answer, error),
    code: code ?? null,
    meaning: answer === undefined ? null : codeWords(answer.code, answer.request.path, answer.ok).name,
    diagnostic: diagnostic ?? null,
    body: (body satisfies JsonObject | undefined) ?? null,
    maxAge: maxAge ?? null,
    currentFor: currentFor ?? null,
    roundTripMs: roundTripMs === undefined ? null : Math.round(roundTripMs * 10) / 10,
    request: request === undefined ? null : { method: request.method, path: request.path, octets: request.octets },
  };
}
