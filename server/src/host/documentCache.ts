import type { Direction, Level } from '#dots/check/check';
import { documentTypeOf } from '#dots/model/documents';
import type { IndexEntry, LocatedFinding, ParsedDocument, Validation } from '#service/service';
import type { ValidationService } from '#service/validationService';
import { formOf, isDocumentName, type DocumentForm } from '#dots/workspace/fileNames';

/** A text that is open in an editor or named on the command line. */
export interface SourceDocument {
  /** What it is called by the one who asks: a URI or a path. */
  readonly uri: string;
  readonly version: number;
  /** What the editor takes it for. */
  readonly languageId?: string;
  getText(): string | Uint8Array;
}

/** Says what a text holds where its name does not say it; undefined leaves it as it is. */
export type FormOf = (source: SourceDocument, parsed: ParsedDocument) => DocumentForm | undefined;

interface Reading {
  version: number;
  parsed: ParsedDocument;
  /** By level and direction: what is to be sent is validated as a request as well. */
  validations: Map<string, Validation>;
  entry?: IndexEntry;
  /** What was known of the last version without a syntax error. */
  before?: IndexEntry;
}

/** What was last read of each text, so that several questions about one version read it once. */
export class DocumentCache {
  private readonly readings = new WeakMap<SourceDocument, Reading>();

  constructor(
    private readonly service: ValidationService,
    private readonly formOf: FormOf = () => undefined,
  ) {}

  parsed(document: SourceDocument): ParsedDocument {
    return this.reading(document).parsed;
  }

  validation(document: SourceDocument, level: Level | undefined, direction?: Direction): Validation {
    const reading = this.reading(document);
    const key = `${level} ${direction}`;
    const validation = reading.validations.get(key) ?? this.service.validate(reading.parsed, { level, direction });
    reading.validations.set(key, validation);
    return validation;
  }

  /** What other documents need to know of one; while a text is broken, what was known before it was. */
  entry(document: SourceDocument): IndexEntry {
    const reading = this.reading(document);
    if (reading.entry === undefined) {
      const entry = this.service.index(reading.parsed);
      reading.entry = entry.certain || reading.before === undefined ? entry : { ...reading.before, certain: false };
    }
    return reading.entry;
  }

  /** Whether it is a DOTS document, by itself or by its name. */
  isDocument(document: SourceDocument): boolean {
    return !this.isForeign(document) && this.parsed(document).form === 'dots';
  }

  /** A file of plain JSON that is no DOTS document: none of our business. */
  isForeign(document: SourceDocument): boolean {
    return isPlainJson(document) && documentTypeOf(this.parsed(document).value) === undefined;
  }

  private reading(document: SourceDocument): Reading {
    const known = this.readings.get(document);
    if (known?.version === document.version) return known;
    const before = known?.entry ?? known?.before;
    const reading: Reading = {
      version: document.version,
      validations: new Map(),
      parsed: this.read(document),
      ...(before !== undefined && { before }),
    };
    this.readings.set(document, reading);
    return reading;
  }

  private read(document: SourceDocument): ParsedDocument {
    const parsed = this.service.parse(document.getText(), document.uri);
    const form = this.formOf(document, parsed);
    return form === undefined || form === parsed.form ? parsed : this.service.parse(parsed.text, document.uri, form);
  }
}

/** A document that the editor calls JSON, and whose name does not claim it for DOTS. */
export function isPlainJson({ languageId, uri }: SourceDocument): boolean {
  return (languageId === 'json' || languageId === 'jsonc') && !isDocumentName(uri) && formOf(uri) === 'dots';
}

const syntaxCodes = new Set(['json/syntax', 'json/comma-missing', 'json/trailing-comma', 'json/comment', 'json/empty']);

/** Whether a finding is one that any JSON server reports. */
export function isSyntax({ code }: LocatedFinding): boolean {
  return syntaxCodes.has(code);
}
