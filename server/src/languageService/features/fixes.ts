import { fixesOf } from '#dots/check/fixes';
import type { Fix } from '#dots/model/fix';
import type { JsonValue } from '#dots/model/json';
import type { LocatedFinding, ParsedDocument } from '../documents/document';
import { repairs } from '../documents/repair';
import { textEdits } from './edits';
import type { TextEdit } from './formatting';

/** A fix of a finding as edits of the text. */
export interface TextFix {
  title: string;
  edits: TextEdit[];
  /** `Fix all` applies it: the document means the same afterwards. */
  keepsMeaning: boolean;
  /** Documents to add beside this one. */
  documents: readonly JsonValue[];
}

/** The fixes of a finding, the best first. They are computed when they are requested. */
export function textFixes(document: ParsedDocument, finding: LocatedFinding): TextFix[] {
  if (document.beyondLimits) return [];
  if (finding.class === 'json' && !isOfValue(finding)) return jsonFixes(document, finding);
  const fixes = valueFixes(document, finding);
  const changes = textEdits(
    document,
    fixes.map(({ edits }) => edits),
  );
  return fixes.flatMap(({ title, keepsMeaning, documents = [] }, index) => {
    const edits = changes[index];
    return edits === undefined ? [] : [{ title, edits, keepsMeaning, documents }];
  });
}

/** The fixes of a finding that change the value; none after a syntax error, where pointers may lead elsewhere. */
function valueFixes(document: ParsedDocument, finding: LocatedFinding): Fix[] {
  if (document.certainUntil < document.text.length) return [];
  // Faults of the product's own files are of class json, and about values.
  const fault = isOfValue(finding) ? ({ ...finding, class: 'yang' } as const) : finding;
  return fixesOf(fault, document.value);
}

const isOfValue = ({ code }: LocatedFinding): boolean => valueCodes.has(code);

const valueCodes = new Set(['json/config-duplicate', 'json/config-member', 'json/config-missing', 'json/config-value']);

const whole: Readonly<Record<string, string>> = {
  'json/empty':
    '{\n  "ietf-dots-signal-channel:mitigation-scope": {\n    "scope": [{ "target-prefix": ["192.0.2.0/24"], "lifetime": 3600 }]\n  }\n}\n',
};

function jsonFixes(document: ParsedDocument, { code }: LocatedFinding): TextFix[] {
  const content = whole[code];
  if (content !== undefined) {
    const range = document.range({ start: 0, end: document.text.length });
    return [
      {
        title: 'Insert a mitigation request',
        edits: [{ range, newText: content }],
        keepsMeaning: false,
        documents: [],
      },
    ];
  }
  const found = syntaxCodes.has(code) ? repairs(document.text) : undefined;
  if (found === undefined || found.length === 0) return [];
  const edits = found.map(({ newText, ...span }) => ({ range: document.range(span), newText }));
  const title =
    found.length === 1 ? `Fix the JSON syntax: ${described(document, edits[0] as TextEdit)}` : 'Fix the JSON syntax';
  return [{ title, edits, keepsMeaning: true, documents: [] }];
}

const syntaxCodes = new Set([
  'json/syntax',
  'json/comma-missing',
  'json/trailing-comma',
  'json/comment',
  'json/byte-order-mark',
]);

function described(document: ParsedDocument, { range, newText }: TextEdit): string {
  const before = document.text.slice(document.offsetAt(range.start), document.offsetAt(range.end));
  if (before === '') return `insert ${newText}`;
  return newText === '' ? 'remove what is too much' : `write ${newText}`;
}

/**
 * The edits of all fixes that keep the meaning, without those that overlap an earlier one: these are found again in the
 * text after the edits. While the text is not JSON, only its syntax is fixed.
 */
export function certainEdits(document: ParsedDocument, findings: readonly LocatedFinding[]): TextEdit[] {
  if (document.beyondLimits) return [];
  const broken = findings.find(({ code }) => syntaxCodes.has(code));
  if (broken !== undefined) return jsonFixes(document, broken)[0]?.edits ?? [];
  const fixes = findings.flatMap((finding) => valueFixes(document, finding).find((fix) => fix.keepsMeaning) ?? []);
  const lists = textEdits(
    document,
    fixes.map(({ edits }) => edits),
  );
  return separate(
    document,
    lists.filter((edits) => edits !== undefined),
  );
}

/** Of lists of edits those that do not touch one before them in the text. */
function separate(document: ParsedDocument, lists: readonly TextEdit[][]): TextEdit[] {
  const hulls = lists.map((edits) => ({
    edits,
    start: Math.min(...edits.map(({ range }) => document.offsetAt(range.start))),
    end: Math.max(...edits.map(({ range }) => document.offsetAt(range.end))),
  }));
  let last = -1;
  return hulls
    .sort((one, other) => one.start - other.start)
    .flatMap(({ edits, start, end }) => {
      if (start <= last) return [];
      last = end;
      return edits;
    });
}
