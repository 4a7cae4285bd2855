import { changeLines, type EntryChange } from '#dots/data/differences';
import type { DataAnswer } from '#dots/data/session';
import type { DotsError } from '#dots/model/errors';
import type { JsonObject } from '#dots/model/json';
import { printable, safeJson } from '#dots/model/text';
import { httpStatusWords } from '#dots/words/httpStatuses';
import type { ExitStatus } from './command';
import { CommandReport } from './commandReport';
import { dataAnswerJson, dataAnswerLines } from './dataAnswer';
import { errorJson } from './invoke';

/**
 * The result of one `dots data`: as text while it happens, or as one object at the end, whose keys are always the same.
 */
export class DataReport extends CommandReport {
  registered = false;
  body: JsonObject | undefined;
  /** The file that the body was written to. */
  saved: string | undefined;
  private ok = false;
  private readonly changes: EntryChange[] = [];
  private readonly answers: DataAnswer[] = [];
  private readonly next: string[] = [];

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
      if (this.target !== undefined) await this.lines(this.clientLine);
      await this.lines(...this.next.map((sentence) => `Next: ${sentence}`));
    }
    return this.ok ? 0 : 1;
  }

  protected async json(error?: DotsError): Promise<void> {
    const report = {
      ...this.head(this.ok && error === undefined),
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
