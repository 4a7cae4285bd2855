import type { Connection, Diagnostic } from 'vscode-languageserver/node';
import type { TextDocument } from 'vscode-languageserver-textdocument';
import { documentStateNotification, type DocumentState } from '#contract';
import { capped, diagnosticOf } from './convert';
import { isPlainJson, isSyntax, type DocumentCache } from '#host/documentCache';
import type { Validator } from '#host/validator';
import type { LocatedFinding } from '#service/service';
import type { StartOptions } from './settings';

/**
 * The pause in typing after which a text is validated, milliseconds, and as long again as its last validation took:
 * while someone types, half of the server's time at most goes into findings.
 */
const pause = 50;

/** The delay after a change before the other documents of the set are validated, in milliseconds. */
const pauseForOthers = 200;

/** The most diagnostics of one document. */
const maximumDiagnostics = 2000;

/** The parts of the server that diagnostics use. */
export interface DiagnosticsHost {
  /** The present version of a document, or undefined once it is closed. */
  current(uri: string): TextDocument | undefined;
  all(): TextDocument[];
  /** The state of a document that has these findings. */
  stateOf(document: TextDocument, findings: readonly LocatedFinding[]): Promise<DocumentState>;
  failed(what: string, error: unknown): void;
}

/**
 * Publishes the findings of the open documents, and then their state: immediately when opened, after a pause when
 * edited, never of an old version.
 */
export class Diagnostics {
  private readonly waiting = new Map<string, NodeJS.Timeout>();
  private readonly open = new Set<string>();
  /** The diagnostics that were last published of each document, so that nothing is published twice. */
  private readonly published = new Map<string, string>();
  /** The same for its state. */
  private readonly states = new Map<string, string>();
  /** How often each document was validated: of several validations under way only the last is published. */
  private readonly runs = new Map<string, number>();
  /** How long the last validation of each document took, milliseconds. */
  private readonly took = new Map<string, number>();
  private others: NodeJS.Timeout | undefined;

  constructor(
    private readonly connection: Connection,
    private readonly cache: DocumentCache,
    private readonly validator: Validator,
    private readonly options: StartOptions,
    private readonly host: DiagnosticsHost,
  ) {}

  /** Validates all open documents after a delay: something that they have in common changed. */
  soon(): void {
    clearTimeout(this.others);
    this.others = setTimeout(() => {
      for (const { uri } of this.host.all()) if (!this.waiting.has(uri)) this.now(uri);
    }, pauseForOthers);
  }

  /** Publishes the findings of one of the product's own files that is not open, if there are any. */
  own(uri: string, findings: readonly LocatedFinding[]): void {
    if (findings.length === 0 && !this.published.has(uri)) return;
    this.send(
      uri,
      undefined,
      findings.map((finding) => diagnosticOf(uri, finding)),
    ).catch((error: unknown) => this.host.failed('publishing', error));
  }

  /** Validates an opened document immediately, and a changed one after a pause in the typing. */
  changed(document: TextDocument): void {
    if (!this.open.has(document.uri)) {
      this.open.add(document.uri);
      this.soon();
      return this.now(document.uri);
    }
    this.cancel(document.uri);
    this.waiting.set(
      document.uri,
      setTimeout(
        () => {
          this.now(document.uri);
          this.soon();
        },
        pause + (this.took.get(document.uri) ?? 0),
      ),
    );
  }

  /** Validates a document without delay. */
  now(uri: string): void {
    this.cancel(uri);
    this.publish(uri).catch((error: unknown) => this.host.failed('validation', error));
  }

  /** Removes the diagnostics of a closed document. */
  async clear(uri: string): Promise<void> {
    this.cancel(uri);
    this.open.delete(uri);
    this.published.delete(uri);
    this.states.delete(uri);
    this.took.delete(uri);
    this.soon();
    await this.connection.sendDiagnostics({ uri, diagnostics: [] });
  }

  private cancel(uri: string): void {
    clearTimeout(this.waiting.get(uri));
    this.waiting.delete(uri);
  }

  private async publish(uri: string): Promise<void> {
    const document = this.host.current(uri);
    if (document === undefined) return;
    const { version } = document;
    const run = (this.runs.get(uri) ?? 0) + 1;
    this.runs.set(uri, run);
    // Changes in the meantime are validated separately.
    const isLatest = (): boolean => this.host.current(uri)?.version === version && this.runs.get(uri) === run;
    const begun = performance.now();
    const findings = this.cache.isForeign(document) ? [] : await this.validator.findings(document);
    if (!isLatest()) return;
    this.took.set(uri, performance.now() - begun);
    await this.send(uri, version, this.diagnostics(document, findings));
    const state = await this.host.stateOf(document, findings);
    if (isLatest()) await this.sendState(state);
  }

  private async sendState(state: DocumentState): Promise<void> {
    const text = JSON.stringify(state);
    if (this.states.get(state.uri) === text) return;
    this.states.set(state.uri, text);
    await this.connection.sendNotification(documentStateNotification, state);
  }

  private async send(uri: string, version: number | undefined, diagnostics: Diagnostic[]): Promise<void> {
    const text = JSON.stringify([version, diagnostics]);
    if (this.published.get(uri) === text) return;
    this.published.set(uri, text);
    await this.connection.sendDiagnostics({ uri, ...(version !== undefined && { version }), diagnostics });
  }

  private diagnostics(document: TextDocument, findings: LocatedFinding[]): Diagnostic[] {
    const left =
      this.options.syntax === 'editor' && isPlainJson(document)
        ? findings.filter((finding) => !isSyntax(finding))
        : findings;
    return capped(
      left.map((finding) => diagnosticOf(document.uri, finding)),
      maximumDiagnostics,
    );
  }
}
