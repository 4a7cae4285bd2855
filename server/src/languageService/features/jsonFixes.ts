import { documentType, type DocumentKind } from '#dots/model/documents';
import { isObject, type JsonValue } from '#dots/model/json';
import type { LocatedFinding, ParsedDocument } from '../documents/document';
import type { Span } from '../documents/problem';
import { repairs } from '../documents/repair';
import { Tokens } from '../documents/tokens';
import { withComma, type TextFix } from './edits';

/** Codes of findings that one repair of the syntax of the whole text removes. */
export const syntaxCodes: ReadonlySet<string> = new Set([
  'json/syntax',
  'json/comma-missing',
  'json/trailing-comma',
  'json/comment',
  'json/byte-order-mark',
]);

type JsonFixer = (document: ParsedDocument, finding: LocatedFinding) => TextFix[];

const fixers: Readonly<Record<string, JsonFixer>> = {
  'json/empty': (document) => [example(document)],
  'json/duplicate-member': duplicates,
  'json/forbidden-name': (document, finding) => [
    change(document, withComma(document.text, memberAt(document, finding.range)), '', 'Remove the member'),
  ],
  'json/number-too-large': longNumber,
  'json/lone-surrogate': surrogate,
  'json/too-deep': (document, finding) => [
    change(document, bracketAt(document, finding.range), 'null', 'Write null instead of what is nested too deep'),
  ],
  'json/not-an-object': (document) => [...listedDocument(document), example(document)],
  'json/unknown-document': unknownDocument,
};

/** The fixes of a finding of the JSON itself. They use the text alone, because it may have no value. */
export function jsonFixes(document: ParsedDocument, finding: LocatedFinding): TextFix[] {
  return syntaxCodes.has(finding.code) ? syntaxFixes(document) : (fixers[finding.code]?.(document, finding) ?? []);
}

/** The repair of the syntax of a text; where it has none, the only way is to write the text again. */
export function syntaxFixes(document: ParsedDocument): TextFix[] {
  const found = repairs(document.text);
  if (found === undefined) return [example(document)];
  const [first] = found;
  if (first === undefined) return [];
  const title = found.length === 1 ? `Fix the JSON syntax: ${described(document.text, first)}` : 'Fix the JSON syntax';
  const edits = found.map(({ newText, ...span }) => ({ range: document.range(span), newText }));
  return [{ title, edits, keepsMeaning: true, documents: [] }];
}

function described(text: string, { start, end, newText }: Span & { newText: string }): string {
  if (text.slice(start, end) === '') return `insert ${newText.trim()}`;
  return newText === '' ? 'remove what is too much' : `write ${newText}`;
}

/** A fix that replaces one part of the text. */
const change = (
  document: ParsedDocument,
  span: Span,
  newText: string,
  title: string,
  keepsMeaning = false,
): TextFix => ({ title, edits: [{ range: document.range(span), newText }], keepsMeaning, documents: [] });

const whole = ({ text }: ParsedDocument): Span => ({ start: 0, end: text.length });

const written = (value: JsonValue): string => `${JSON.stringify(value, null, 2)}\n`;

/** A document to begin with in place of the text. */
function example(document: ParsedDocument): TextFix {
  if (document.form !== 'dots') return change(document, whole(document), '{}\n', 'Write an empty object');
  const request = {
    [documentType('mitigation-scope').topMember]: { scope: [{ 'target-prefix': ['192.0.2.0/24'], lifetime: 3600 }] },
  };
  const what = document.text.trim() === '' ? 'Insert a mitigation request' : 'Replace the text by a mitigation request';
  return change(document, whole(document), written(request), what);
}

/** From the name of a member to the end of its value. */
function memberAt(document: ParsedDocument, { start }: LocatedFinding['range']): Span {
  const tokens = new Tokens(document.text, document.offsetAt(start));
  tokens.next();
  const from = tokens.start;
  const nameEnd = tokens.end;
  if (tokens.next() !== ':') return { start: from, end: nameEnd };
  return { start: from, end: endOfValue(document.text, tokens.end) };
}

function bracketAt(document: ParsedDocument, { start }: LocatedFinding['range']): Span {
  const from = document.offsetAt(start);
  return { start: from, end: endOfValue(document.text, from) };
}

/** The end of the value that starts at an offset; that of the text where its bracket is not closed. */
function endOfValue(text: string, offset: number): number {
  const tokens = new Tokens(text, offset);
  let depth = 0;
  for (let kind = tokens.next(); kind !== 'end'; kind = tokens.next()) {
    if (kind === '{' || kind === '[') depth += 1;
    else if (kind === '}' || kind === ']') depth -= 1;
    if (depth <= 0) return tokens.end;
  }
  return text.length;
}

/** Most readers use the last of several members; two that are equal are one. */
function duplicates(document: ParsedDocument, { range, related }: LocatedFinding): TextFix[] {
  const { text } = document;
  const last = memberAt(document, range);
  const first = memberAt(document, related?.[0]?.range ?? range);
  const isSame = text.slice(first.start, first.end) === text.slice(last.start, last.end);
  return [
    change(document, withComma(text, last), '', 'Remove this member', isSame),
    change(document, withComma(text, first), '', 'Remove the first one, which most readers ignore'),
  ];
}

/** RFC 7951 section 6.1 writes numbers of 64 bits as strings. */
function longNumber(document: ParsedDocument, finding: LocatedFinding): TextFix[] {
  const span = { start: document.offsetAt(finding.range.start), end: document.offsetAt(finding.range.end) };
  const text = document.text.slice(span.start, span.end);
  const isWhole = /^-?\d{1,20}$/.test(text);
  const asString = change(document, span, `"${text}"`, `Write "${text}" as a string`, isWhole);
  return isWhole ? [asString] : [change(document, span, '0', 'Write 0')];
}

/** Half a character means nothing: it is removed, or marked. */
function surrogate(document: ParsedDocument, { range }: LocatedFinding): TextFix[] {
  const span = { start: document.offsetAt(range.start), end: document.offsetAt(range.end) };
  const tokens = new Tokens(document.text, span.start);
  tokens.next();
  const content = tokens.stringValue().replace(half, '');
  return [change(document, span, JSON.stringify(content), 'Remove the half character')];
}

const half = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/** A list of one document is that document. */
function listedDocument(document: ParsedDocument): TextFix[] {
  const { value } = document;
  if (!Array.isArray(value) || value.length !== 1 || typeof value[0] !== 'object') return [];
  return [change(document, whole(document), written(value[0]), 'Remove the list around the document', true)];
}

/** The top-level member in its right spelling, or around the members that it has inside. */
function unknownDocument(document: ParsedDocument, { message, pointer, range }: LocatedFinding): TextFix[] {
  const near = /did you mean "([^"]+)"\?$/.exec(message)?.[1];
  const name = pointer.slice(1);
  const span = { start: document.offsetAt(range.start), end: document.offsetAt(range.end) };
  const renamed =
    near === undefined
      ? []
      : [change(document, span, JSON.stringify(near), `Rename to "${near}"`, bare(near) === bare(name))];
  return [...renamed, ...wrapped(document), example(document)];
}

const bare = (name: string): string => name.slice(name.indexOf(':') + 1);

/** The body of a document, as its top-level member. */
function wrapped(document: ParsedDocument): TextFix[] {
  const { value } = document;
  const names = isObject(value) ? Object.keys(value) : [];
  const kind = names.length === 0 ? undefined : bodies.find(([, members]) => names.every((name) => members.has(name)));
  if (kind === undefined || value === undefined) return [];
  const { topMember, title } = documentType(kind[0]);
  return [
    change(document, whole(document), written({ [topMember]: value }), `Write it as ${title}, in "${topMember}"`, true),
  ];
}

/** The members by which the body of a document is known. */
const bodies: readonly (readonly [DocumentKind, ReadonlySet<string>])[] = [
  ['mitigation-scope', new Set(['scope'])],
  ['acls', new Set(['acl'])],
  ['aliases', new Set(['alias'])],
  ['signal-config', new Set(['mitigating-config', 'idle-config'])],
  ['vendor-mapping', new Set(['vendor'])],
];
