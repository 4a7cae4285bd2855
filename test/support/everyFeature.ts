import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createLanguageService, type ParsedDocument } from '#service/service';
import { tokenList } from '#service/documents/tokenList';
import { applied } from './edits';

const service = createLanguageService();
const hints = { protocols: true, ports: true, durations: true };
const layout = { tabSize: 2, insertSpaces: true };

/**
 * Damages the documents of a folder, and asks every feature about each text: each `step`-th prefix, and the text
 * without each `step`-th character. Returns the number of texts.
 */
export function everyFeatureOf(folder: string, step: number): number {
  let texts = 0;
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.json'))) {
    const text = readFileSync(join(folder, file), 'utf8');
    for (let at = 0; at <= text.length; at += step) {
      everyFeature(file, text.slice(0, at), at);
      everyFeature(file, text.slice(0, at) + text.slice(at + 1), at);
      texts += 2;
    }
  }
  return texts;
}

/** Asks every feature about an offset of a text; what it finds must be consistent. */
function everyFeature(file: string, text: string, offset: number): void {
  const document = service.parse(text, file);
  const position = document.lines.positionAt(offset);
  try {
    const { findings } = service.validate(document);
    for (const finding of findings.slice(0, 20))
      for (const { edits } of service.fixes(document, finding)) service.applied(document, edits);
    service.applied(document, service.certainEdits(document, findings));
    service.complete(document, position);
    service.hover(document, position);
    service.symbols(document);
    service.folds(document);
    service.selections(document, [position]);
    service.highlights(document, position);
    service.links(document);
    service.inlayHints(document, document.range({ start: 0, end: text.length }), hints);
    service.refactorings(document, position);
    service.nameAt(document, position);
    service.names(document, 'name');
    service.formatClosed(document, layout, position);
    formatting(document);
  } catch (error) {
    throw new Error(`${file} at ${offset}:\n${text}`, { cause: error });
  }
}

/** Formatting keeps all tokens, and formats completely. */
function formatting(document: ParsedDocument): void {
  const once = applied(document.text, service.format(document, layout));
  assert.deepEqual(tokensOf(once), tokensOf(document.text));
  assert.deepEqual(service.format(once, layout), []);
}

function tokensOf(text: string): string[] {
  const { starts, ends } = tokenList(text);
  return starts.map((start, index) => text.slice(start, ends[index]));
}
