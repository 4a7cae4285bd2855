import { rfcLabel, rfcUrl, type FindingClass } from '#dots/model/finding';
import type { JsonValue } from '#dots/model/json';
import { at, parent } from '#dots/model/pointer';
import { findingCodes } from '#dots/workspace/findingCodes';
import { createLanguageService, type LocatedFinding } from '#service/service';
import { findingExamples, judged, unreadCodes, type FindingExample, type Judged } from './index';

const service = createLanguageService();

const titles: Readonly<Record<FindingClass, string>> = {
  json: 'JSON and the files of the product',
  yang: 'The YANG modules',
  rfc: 'The RFCs in prose',
  cross: 'Between documents',
  policy: 'Policies of an orchestrator',
  advice: 'Planning advice',
};

/** An example is shown as a whole up to this length, in characters; of a longer one what is around the finding. */
const longest = 900;

/** The page `docs/findings.md`. */
export function findingsPage(): string {
  const classes = Object.entries(titles).flatMap(([of, title]) => [
    `## ${title}`,
    ...findingCodes.filter((code) => code.startsWith(`${of}/`)).flatMap(section),
  ]);
  return `${[
    '# Findings',
    'What the editor and `dots validate` report, by code. `severities` and `suppressions` of `dots.workspace.json`, and `dots.severities` in the settings of the editor, use these codes. A fix with the note “Fix all” keeps the meaning: `source.fixAll.dots` and `dots validate --fix` apply it.',
    'This page is made from the examples of the tests: `npm run findings`.',
    ...classes,
  ].join('\n\n')}\n`;
}

function section(code: string): string[] {
  const example = findingExamples.find((each) => each.code === code);
  if (example === undefined) return [`### ${code}`, unreadCodes[code] ?? ''];
  const result = judged(example);
  const finding = result.findings.find((each) => each.code === code) as LocatedFinding;
  return [
    `### ${code}`,
    `${finding.severity}, [${rfcLabel(finding.rfc)}](${rfcUrl(finding.rfc)}). ${example.reason}`,
    fenced(excerpt(result, finding)),
    `> ${escaped(finding.message)}`,
    ...others(example),
    ...fixes(result, finding),
  ];
}

/** What is beside the document. */
function others({ files, level }: FindingExample): string[] {
  const names = Object.keys(files).slice(1);
  const settings = Object.entries(files).find(
    ([name, value]) => name === 'dots.workspace.json' && JSON.stringify(value) !== '{}',
  );
  return [
    ...(level === undefined ? [] : [`At level \`${level}\`.`]),
    ...(names.length === 0 ? [] : [`Beside ${names.map((name) => `\`${name}\``).join(', ')}.`]),
    ...(settings === undefined || names.length === 0 ? [] : [fenced(JSON.stringify(settings[1], null, 2))]),
  ];
}

function fixes({ document }: Judged, finding: LocatedFinding): string[] {
  const list = service.fixes(document, finding);
  if (list.length === 0) return ['No fix by machine.'];
  return [list.map(({ title, keepsMeaning }) => `- ${escaped(title)}${keepsMeaning ? ' (Fix all)' : ''}`).join('\n')];
}

function excerpt({ document: { text, value } }: Judged, { pointer }: LocatedFinding): string {
  if (text.length <= longest) return text.replace('\ufeff', '').trim();
  const around = value === undefined ? undefined : at(value, parent(pointer));
  const short = around === undefined || Array.isArray(around) ? undefined : JSON.stringify(around, null, 2);
  return short !== undefined && short.length <= longest
    ? short
    : `${JSON.stringify(shortened(value) ?? text.slice(0, 60), null, 2)}`;
}

/** A value with the first entries of its lists. */
function shortened(value: JsonValue | undefined): JsonValue | undefined {
  if (Array.isArray(value)) return value.slice(0, 3).map((item) => shortened(item) ?? null);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, shortened(item) ?? null]));
}

/** JSON as the editor formats it. */
function fenced(text: string): string {
  const document = service.parse(text);
  const isJson = document.value !== undefined && document.problems.length === 0;
  const edits = isJson ? service.format(document, { tabSize: 2, insertSpaces: true }) : [];
  return `\`\`\`json\n${service.applied(document, edits).trim()}\n\`\`\``;
}

/** Text without a meaning in Markdown. */
const escaped = (text: string): string => text.replace(/[\\*_<>[\]`]/g, '\\$&');
