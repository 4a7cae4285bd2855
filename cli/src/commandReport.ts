import { DotsError } from '#dots/model/errors';
import { findingJson } from './findings';
import type { Io } from './io';
import type { SettledTarget } from './settledTarget';

/** The version of the objects that these commands print with `--format json`. */
const reportVersion = 1;

/** The result of one command with actions: as text, or as one object whose keys are always the same. */
export abstract class CommandReport {
  target: SettledTarget | undefined;
  /** What is wrong with the credentials soon: the text form has it on standard error. */
  notes: readonly string[] = [];
  protected readonly findings: object[] = [];

  constructor(
    private readonly action: string,
    protected readonly isJson: boolean,
    protected readonly io: Io,
  ) {}

  /** An environment whose findings are reported. */
  get watched(): Io {
    const found: Io['found'] = (file, located) =>
      void this.findings.push(...located.map((finding) => ({ file, ...findingJson(finding) })));
    return { ...this.io, found };
  }

  /** Prints the object of a failure; the sentence on standard error is printed by the caller. */
  async failed(error: unknown): Promise<void> {
    if (this.isJson && error instanceof DotsError) await this.json(error);
  }

  protected abstract json(error?: DotsError): Promise<void>;

  /** As what the request was sent. */
  protected get clientLine(): string {
    const { profile, cuid = '' } = this.target ?? {};
    return `${profile === undefined ? '' : `profile ${profile}, `}cuid ${cuid}`;
  }

  /** The members that each object begins with. */
  protected head(ok: boolean): object {
    const { server = null, profile = null, cuid = null } = this.target ?? {};
    return { version: reportVersion, action: this.action, ok, server, profile, cuid };
  }
}
