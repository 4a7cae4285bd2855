import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { cursorAt } from '#service/documents/cursor';
import type { Lines } from '#service/documents/lines';
import { createLanguageService, type Completion, type ParsedDocument } from '#service/service';
import { directionOf } from '#dots/model/direction';
import { sharedPath, root } from '../support/shared';

const service = createLanguageService();

/** Findings that something is still missing, or to be filled in. */
const incomplete = /-missing$|-empty$|missing-member|empty-value|call-home-target/;

/** What an ACL without a type allows is open until it has one. */
const isOpen = (code: string, text: string): boolean => code === 'yang/not-allowed-here' && !text.includes('"type"');

/**
 * Places where something can be written: after each bracket and comma, before each closing bracket, and in each name
 * and value.
 */
function places(text: string): number[] {
  const found = new Set([0, text.length]);
  for (const { index, 0: token } of text.matchAll(/"(?:[^"\\]|\\.)*"|[^\s"{}[\],:]+|[{}[\],:]/g)) {
    found.add(index);
    found.add(index + token.length);
    if (token.startsWith('"')) found.add(index + 1);
  }
  return [...found].filter((offset) => offset > 0 && offset < text.length).sort((one, other) => one - other);
}

/** The text once a completion is taken; its edits must not touch one another (LSP 3.17). */
function accepted(text: string, lines: Lines, { range, comma, text: written }: Completion): string {
  const [start, end] = [lines.offsetAt(range.start), lines.offsetAt(range.end)];
  const at = comma === undefined ? undefined : lines.offsetAt(comma);
  assert.ok(at === undefined || at < start, 'a comma is inserted before the edit, never where it begins');
  const before = at === undefined ? text.slice(0, start) : `${text.slice(0, at)},${text.slice(at, start)}`;
  return before + written + text.slice(end);
}

const isBlank = (text: string, { range }: { range: Completion['range'] }, lines: Lines): boolean =>
  /^("|\{\s*|\[(\s|"")*)?("|\}|\])?$/.test(text.slice(lines.offsetAt(range.start), lines.offsetAt(range.end)));

/** What is wrong with a text, without what is to be filled in. */
function wrong(text: string, direction: 'request' | 'status' | undefined): Map<string, number> {
  const filled = text.replace(/(?<=": )(?=\s*[,}\]\n])/g, '""');
  const document = service.parse(filled, 'a.dots.json');
  const count = new Map<string, number>();
  for (const finding of service.validate(document, { direction }).findings) {
    if (
      incomplete.test(finding.code) ||
      isOpen(finding.code, text) ||
      finding.class === 'advice' ||
      isBlank(filled, finding, document.lines)
    )
      continue;
    count.set(finding.code, (count.get(finding.code) ?? 0) + 1);
  }
  return count;
}

function refused(name: string, text: string): string[] {
  const document: ParsedDocument = service.parse(text, name);
  const direction = directionOf(document.value) ?? 'request';
  const before = wrong(text, direction);
  return places(text).flatMap((offset) =>
    service.complete(document, document.lines.positionAt(offset)).flatMap((completion) => {
      const after = wrong(accepted(text, document.lines, completion), direction);
      const added = [...after].filter(([code, count]) => count > (before.get(code) ?? 0)).map(([code]) => code);
      const { role, path } = cursorAt(text, offset);
      return added.length === 0
        ? []
        : [`${name}: ${completion.label} (${role}, ${path.slice(1).join('/')}): ${added.join(', ')}`];
    }),
  );
}

function documentsIn(folder: string): [name: string, text: string][] {
  return readdirSync(folder)
    .filter((name) => /\.jsonc?$/.test(name) && !/^dots-/.test(name))
    .map((name) => [name, readFileSync(join(folder, name), 'utf8')]);
}

function tryAll(documents: [name: string, text: string][]): void {
  assert.ok(documents.length > 0);
  assert.deepEqual(
    documents.flatMap(([name, text]) => refused(name, text)),
    [],
  );
}

test('completion offers nothing that the checker refuses, at every place of every example', () => {
  tryAll(documentsIn(join(root, 'examples')));
});

test('completion offers nothing that the checker refuses, at every place of the corpus', (t: TestContext) => {
  const corpus = sharedPath('corpus');
  if (corpus === undefined) return t.skip('../shared/corpus is not here');
  tryAll(documentsIn(corpus).filter(([, text]) => text.length < 20_000));
});
