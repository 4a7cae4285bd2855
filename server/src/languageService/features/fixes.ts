import { fixesOf } from '#dots/check/fixes';
import type { Fix } from '#dots/model/fix';
import type { LocatedFinding, ParsedDocument } from '../documents/document';
import { textEdits, type TextFix } from './edits';
import type { TextEdit } from './formatting';
import { jsonFixes, syntaxCodes, syntaxFixes } from './jsonFixes';

/** The fixes of a finding, the best first. They are computed when they are requested. */
export function textFixes(document: ParsedDocument, finding: LocatedFinding): TextFix[] {
  if (finding.class === 'json' && !isOfValue(finding)) return jsonFixes(document, finding);
  if (document.beyondLimits) return [];
  if (isBroken(document)) return syntaxFixes(document);
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

/** The fixes of a finding that change the value; none after a syntax error. */
function valueFixes(document: ParsedDocument, finding: LocatedFinding): Fix[] {
  if (isBroken(document)) return [];
  const fault = isOfValue(finding) ? ({ ...finding, class: 'yang' } as const) : finding;
  return fixesOf(fault, document.value);
}

/** After a syntax error pointers may lead elsewhere: the syntax is fixed first. */
const isBroken = ({ certainUntil, text }: ParsedDocument): boolean => certainUntil < text.length;

const isOfValue = ({ code }: LocatedFinding): boolean => valueCodes.has(code);

/** Codes of class json about the value of a text that is JSON. */
const valueCodes = new Set([
  ...['json/config-duplicate', 'json/config-member', 'json/config-missing', 'json/config-value'],
  ...['json/too-many-entries', 'json/too-many-faults'],
]);

/**
 * The edits of all fixes that keep the meaning, without those that overlap an earlier one: these are found again in the
 * text after the edits. While the text is not JSON, only its syntax is fixed.
 */
export function certainEdits(document: ParsedDocument, findings: readonly LocatedFinding[]): TextEdit[] {
  if (document.beyondLimits) return [];
  if (isBroken(document) || findings.some(({ code }) => syntaxCodes.has(code)))
    return syntaxFixes(document).find((fix) => fix.keepsMeaning)?.edits ?? [];
  const ofText = findings.filter((finding) => finding.class === 'json' && !isOfValue(finding));
  const ofValue = findings.flatMap((finding) => valueFixes(document, finding).find((fix) => fix.keepsMeaning) ?? []);
  const lists = [
    ...ofText.map((finding) => jsonFixes(document, finding).find((fix) => fix.keepsMeaning)?.edits),
    ...textEdits(
      document,
      ofValue.map(({ edits }) => edits),
    ),
  ];
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
