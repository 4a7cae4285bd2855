import type { Direction, Level } from '#dots/check/check';
import { documentTypeOf } from '#dots/model/documents';
import type { IndexEntry, LocatedFinding, ParsedDocument, Validation } from '#service/service';
import type { ValidationService } from '#service/validationService';
import { formOf, isDocumentName, type DocumentForm } from '#dots/workspace/fileNames';

/** A text that is open in an editor or named on the command line. */
export interface SourceDocument {
  /** Its name for the caller: a URI or a path. */
  readonly uri: string;
  readonly version: number;
  /** The language that the editor has set. */
  readonly languageId?: string;
  getText(): string | Uint8Array;
}

/** Returns the form of a text if its name does not show it; undefined: by its name. */
export type FormOf = (source: SourceDocument, parsed: ParsedDocument) => DocumentForm | undefined;

interface Reading {
  version: number;
  parsed: ParsedDocument;
  /** By level and direction: a document to be sent is validated as a request as well. */
  validations: Map<string, Validation>;
  entry?: IndexEntry;
  /** The facts of the last version without a syntax error. */
  before?: IndexEntry;
}

/** The last reading of each text, so that several requests about one version read it once. */
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

  /** The facts of a document that others need; while a text has a syntax error, those of the version before it. */
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

  /** A plain JSON file that is not a DOTS document: it is ignored. */
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
      parsed: this.read(document, known?.parsed.text),
      ...(before !== undefined && { before }),
    };
    this.readings.set(document, reading);
    return reading;
  }

  /** `before`: the text of the version before. */
  private read(document: SourceDocument, before: string | undefined): ParsedDocument {
    const parsed = this.service.parse(document.getText(), document.uri, undefined, before);
    const form = this.formOf(document, parsed);
    return form === undefined || form === parsed.form
      ? parsed
      : this.service.parse(parsed.text, document.uri, form, before);
  }
}

/** A document that the editor calls JSON, and whose name does not mark it as DOTS. */
export function isPlainJson({ languageId, uri }: SourceDocument): boolean {
  return (languageId === 'json' || languageId === 'jsonc') && !isDocumentName(uri) && formOf(uri) === 'dots';
}

const syntaxCodes = new Set(['json/syntax', 'json/comma-missing', 'json/trailing-comma', 'json/comment', 'json/empty']);

/** Whether a finding is one that any JSON server reports. */
export function isSyntax({ code }: LocatedFinding): boolean {
  return syntaxCodes.has(code);
}
