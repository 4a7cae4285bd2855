import type { Connection, Diagnostic } from 'vscode-languageserver/node';
import type { TextDocument } from 'vscode-languageserver-textdocument';
import { capped, diagnosticOf } from './convert';
import { isPlainJson, isSyntax, type Readings } from './documents';
import type { Settings, StartOptions } from './settings';

/** Typing pauses this long before a text is judged, in milliseconds; large texts wait in proportion. */
const pause = 120;
const pausePerMegabyte = 60;

/** More diagnostics than this in one document help nobody. */
const maximumDiagnostics = 2000;

/** Publishes what is wrong with the open documents: at once when opened, after a pause when typed, never of an old version. */
export class Diagnostics {
  private readonly waiting = new Map<string, NodeJS.Timeout>();
  private readonly open = new Set<string>();

  constructor(
    private readonly connection: Connection,
    private readonly readings: Readings,
    private readonly settings: Settings,
    private readonly options: StartOptions,
    /** The present version of a document, or undefined once it is closed. */
    private readonly current: (uri: string) => TextDocument | undefined,
    private readonly failed: (what: string, error: unknown) => void,
  ) {}

  /** Judges a document that was opened at once, and one that was changed after a pause in the typing. */
  changed(document: TextDocument): void {
    if (!this.open.has(document.uri)) {
      this.open.add(document.uri);
      return this.now(document.uri);
    }
    const delay = pause + (pausePerMegabyte * document.getText().length) / 1e6;
    this.cancel(document.uri);
    this.waiting.set(document.uri, setTimeout(() => this.now(document.uri), delay));
  }

  /** Judges a document without delay. */
  now(uri: string): void {
    this.cancel(uri);
    this.publish(uri).catch((error: unknown) => this.failed('validation', error));
  }

  /** Takes back what was said of a document that was closed. */
  async clear(uri: string): Promise<void> {
    this.cancel(uri);
    this.open.delete(uri);
    await this.connection.sendDiagnostics({ uri, diagnostics: [] });
  }

  private cancel(uri: string): void {
    clearTimeout(this.waiting.get(uri));
    this.waiting.delete(uri);
  }

  private async publish(uri: string): Promise<void> {
    const level = await this.settings.level(uri);
    const document = this.current(uri);
    if (document === undefined) return;
    const { version } = document;
    await this.connection.sendDiagnostics({ uri, version, diagnostics: this.diagnostics(document, this.readings.validation(document, level).findings) });
  }

  private diagnostics(document: TextDocument, findings: Parameters<typeof diagnosticOf>[1][]): Diagnostic[] {
    if (this.readings.isForeign(document)) return [];
    const left = this.options.syntax === 'editor' && isPlainJson(document) ? findings.filter((finding) => !isSyntax(finding)) : findings;
    return capped(left.map((finding) => diagnosticOf(document.uri, finding)), maximumDiagnostics);
  }
}
