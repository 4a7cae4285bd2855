import type { TextDocument } from 'vscode-languageserver-textdocument';
import type { Level } from '#dots/check/check';
import { documentTypeOf } from '#dots/model/documents';
import type { LanguageService, LocatedFinding, ParsedDocument, Validation } from '#service/service';

interface Reading { version: number; parsed: ParsedDocument; level?: Level; validation?: Validation }

/** What was last read of each open text, so that several questions about one version read it once. */
export class Readings {
  private readonly readings = new WeakMap<TextDocument, Reading>();

  constructor(private readonly service: LanguageService) {}

  parsed(document: TextDocument): ParsedDocument {
    return this.reading(document).parsed;
  }

  validation(document: TextDocument, level: Level): Validation {
    const reading = this.reading(document);
    if (reading.validation === undefined || reading.level !== level) {
      reading.level = level;
      reading.validation = this.service.validate(reading.parsed, { level });
    }
    return reading.validation;
  }

  /** A file of plain JSON that is no DOTS document: none of our business. */
  isForeign(document: TextDocument): boolean {
    return isPlainJson(document) && documentTypeOf(this.parsed(document).value) === undefined;
  }

  private reading(document: TextDocument): Reading {
    const known = this.readings.get(document);
    if (known?.version === document.version) return known;
    const reading = { version: document.version, parsed: this.service.parse(document.getText(), document.uri) };
    this.readings.set(document, reading);
    return reading;
  }
}

/** A document that the editor calls JSON, and whose name does not claim it for DOTS. */
export function isPlainJson({ languageId, uri }: TextDocument): boolean {
  return (languageId === 'json' || languageId === 'jsonc') && !/\.dots\.jsonc?$/.test(uri);
}

const syntaxCodes = new Set(['json/syntax', 'json/comma-missing', 'json/trailing-comma', 'json/comment', 'json/empty']);

/** Whether a finding is one that any JSON server reports. */
export function isSyntax({ code }: LocatedFinding): boolean {
  return syntaxCodes.has(code);
}
