import type { TextDocument } from 'vscode-languageserver-textdocument';
import type { Direction, Level } from '#dots/check/check';
import { documentTypeOf } from '#dots/model/documents';
import type { IndexEntry, LanguageService, LocatedFinding, ParsedDocument, Validation } from '#service/service';
import { formOf, isDocumentName } from '#dots/workspace/fileNames';

interface Reading {
  version: number;
  parsed: ParsedDocument;
  /** By level and direction: what is to be sent is validated as a request as well. */
  validations: Map<string, Validation>;
  entry?: IndexEntry;
  /** What was known of the last version without a syntax error. */
  before?: IndexEntry;
}

/** What was last read of each open text, so that several questions about one version read it once. */
export class Readings {
  private readonly readings = new WeakMap<TextDocument, Reading>();

  constructor(private readonly service: LanguageService) {}

  parsed(document: TextDocument): ParsedDocument {
    return this.reading(document).parsed;
  }

  validation(document: TextDocument, level: Level, direction?: Direction): Validation {
    const reading = this.reading(document);
    const key = `${level} ${direction}`;
    const validation = reading.validations.get(key) ?? this.service.validate(reading.parsed, { level, direction });
    reading.validations.set(key, validation);
    return validation;
  }

  /** What other documents need to know of one; while a text is broken, what was known before it was. */
  entry(document: TextDocument): IndexEntry {
    const reading = this.reading(document);
    if (reading.entry === undefined) {
      const entry = this.service.index(reading.parsed);
      reading.entry = entry.certain || reading.before === undefined ? entry : { ...reading.before, certain: false };
    }
    return reading.entry;
  }

  /** A file of plain JSON that is no DOTS document: none of our business. */
  isForeign(document: TextDocument): boolean {
    return isPlainJson(document) && documentTypeOf(this.parsed(document).value) === undefined;
  }

  private reading(document: TextDocument): Reading {
    const known = this.readings.get(document);
    if (known?.version === document.version) return known;
    const before = known?.entry ?? known?.before;
    const reading: Reading = {
      version: document.version,
      validations: new Map(),
      parsed: this.service.parse(document.getText(), document.uri),
      ...(before !== undefined && { before }),
    };
    this.readings.set(document, reading);
    return reading;
  }
}

/** A document that the editor calls JSON, and whose name does not claim it for DOTS. */
export function isPlainJson({ languageId, uri }: TextDocument): boolean {
  return (languageId === 'json' || languageId === 'jsonc') && !isDocumentName(uri) && formOf(uri) === 'dots';
}

const syntaxCodes = new Set(['json/syntax', 'json/comma-missing', 'json/trailing-comma', 'json/comment', 'json/empty']);

/** Whether a finding is one that any JSON server reports. */
export function isSyntax({ code }: LocatedFinding): boolean {
  return syntaxCodes.has(code);
}
