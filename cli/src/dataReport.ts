import { changeLines, type EntryChange } from '#dots/data/differences';
import type { DataAnswer } from '#dots/data/session';
import { DotsError } from '#dots/model/errors';
import type { JsonObject } from '#dots/model/json';
import { printable, safeJson } from '#dots/model/text';
import { httpStatusWords } from '#dots/words/httpStatuses';
import type { ExitStatus } from './command';
import { dataAnswerJson, dataAnswerLines } from './dataAnswer';
import { findingJson } from './findings';
import { errorJson } from './invoke';
import type { Io } from './io';
import type { SettledTarget } from './settledTarget';

/** The version of the object that `dots data --format json` prints. */
const reportVersion = 1;

/**
 * The result of one `dots data`: as text while it happens, or as one object at the end, whose keys are always the same.
 */
export class DataReport {
  target: SettledTarget | undefined;
  registered = false;
  /** What is wrong with the credentials soon: the text form has it on standard error. */
  notes: string[] = [];
  body: JsonObject | undefined;
  /** The file that the body was written to. */
  saved: string | undefined;
  private ok = false;
  private readonly changes: EntryChange[] = [];
  private readonly answers: DataAnswer[] = [];
  private readonly findings: object[] = [];
  private readonly next: string[] = [];

  constructor(
    private readonly action: string,
    private readonly isJson: boolean,
    private readonly io: Io,
  ) {}

  /** An environment whose findings are reported. */
  get watched(): Io {
    const found: Io['found'] = (file, located) =>
      void this.findings.push(...located.map((finding) => ({ file, ...findingJson(finding) })));
    return { ...this.io, found };
  }

  /** Prints lines of the text form, with foreign names made printable. */
  async lines(...lines: string[]): Promise<void> {
    if (!this.isJson) await this.io.out(lines.map((line) => `${printable(line)}\n`).join(''));
  }

  /** Shows what a request will change, before it is sent. */
  readonly announce = async (changes: EntryChange[]): Promise<void> => {
    this.changes.push(...changes);
    await this.lines(...changeLines(changes));
  };

  /** Changes that were not announced, because nothing was replaced. */
  add(changes: readonly EntryChange[]): void {
    this.changes.push(...changes.filter((change) => !this.changes.includes(change)));
  }

  /**
   * Takes the answers to one request of the user, the last of which decides, and shows it.
   * @param next what to do after it, if the server accepted it; or in any case, for words more specific than those of
   * the status
   */
  async answered(answers: readonly DataAnswer[], next: { ok?: string; refused?: string | undefined }): Promise<void> {
    const last = answers.at(-1);
    if (last === undefined) return;
    this.ok = last.ok && (this.ok || this.answers.length === 0);
    this.answers.push(...answers);
    await this.lines(...dataAnswerLines(last));
    const then = last.ok ? next.ok : (next.refused ?? httpStatusWords(last.status).next);
    if (then !== undefined && !this.next.includes(then)) this.next.push(then);
  }

  /** Prints the end of the text form, or the object. Returns the exit status. */
  async end(): Promise<ExitStatus> {
    if (this.isJson) await this.json();
    else {
      const { target } = this;
      const profile = target?.profile === undefined ? '' : `profile ${target.profile}, `;
      if (target !== undefined) await this.lines(`${profile}cuid ${target.cuid}`);
      await this.lines(...this.next.map((sentence) => `Next: ${sentence}`));
    }
    return this.ok ? 0 : 1;
  }

  /** Prints the object of a failure; the sentence on standard error is printed by the caller. */
  async failed(error: unknown): Promise<void> {
    if (this.isJson && error instanceof DotsError) await this.json(error);
  }

  private async json(error?: DotsError): Promise<void> {
    const { target } = this;
    const report = {
      version: reportVersion,
      action: this.action,
      ok: this.ok && error === undefined,
      server: target?.server ?? null,
      profile: target?.profile ?? null,
      cuid: target?.cuid ?? null,
      registered: this.registered,
      changes: this.changes,
      body: this.body ?? null,
      saved: this.saved ?? null,
      answers: this.answers.map(dataAnswerJson),
      findings: this.findings,
      notes: this.notes,
      next: error?.hint === undefined ? this.next : [...this.next, error.hint],
      error: error === undefined ? null : errorJson(error),
    };
    await this.io.out(`${safeJson(report, 2)}\n`);
  }
}
