import { pathToFileURL } from 'node:url';
import { isAbsolute } from 'node:path';
import { rfcLabel, rfcUrl, type Range, type Severity } from '#dots/model/finding';
import { oneLine, printable, safeJson } from '#dots/model/text';
import type { LocatedFinding, TextFix } from '#service/service';
import { findingLines } from './findings';

declare const packageVersion: string;

/** A file and all that was found in it. */
export interface JudgedFile {
  file: string;
  findings: readonly LocatedFinding[];
  /** The fixes of a finding; none for files that were not named. */
  fixes?(finding: LocatedFinding): TextFix[];
}

/** The formats for other programs, each as a whole text. */
export const findingFormats: Readonly<Record<string, (judged: readonly JudgedFile[]) => string>> = {
  sarif: (judged) => `${safeJson(sarif(judged), 2)}\n`,
  github: (judged) => judged.flatMap(githubLines).join(''),
  junit,
};

const levels: Record<Severity, string> = { error: 'error', warning: 'warning', information: 'note', hint: 'note' };

/** A log in SARIF 2.1.0, with the fixes of each finding: lines and columns from 1, columns in UTF-16 units. */
function sarif(judged: readonly JudgedFile[]): object {
  const all = judged.flatMap(({ findings }) => findings);
  const rules = [...new Map(all.map(({ code, rfc }) => [code, rfc]))].sort(([one], [other]) => (one < other ? -1 : 1));
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'dots',
            version: packageVersion,
            rules: rules.map(([id, rfc]) => ({ id, helpUri: rfcUrl(rfc), shortDescription: { text: rfcLabel(rfc) } })),
          },
        },
        columnKind: 'utf16CodeUnits',
        results: judged.flatMap((file) => file.findings.map((finding) => result(file, finding))),
      },
    ],
  };
}

function result({ file, fixes }: JudgedFile, finding: LocatedFinding): object {
  const { code, severity, message, range, related = [] } = finding;
  const changes = (fixes?.(finding) ?? []).filter(({ documents, edits }) => documents.length === 0 && edits.length > 0);
  return {
    ruleId: code,
    level: levels[severity],
    message: { text: message },
    locations: [{ physicalLocation: physical(file, range) }],
    ...(related.length > 0 && {
      relatedLocations: related.map((other) => ({
        physicalLocation: physical(other.file ?? file, other.range),
        message: { text: other.message },
      })),
    }),
    ...(changes.length > 0 && { fixes: changes.map((fix) => change(file, fix)) }),
  };
}

const change = (file: string, { title, edits }: TextFix): object => ({
  description: { text: title },
  artifactChanges: [
    {
      artifactLocation: { uri: uriOf(file) },
      replacements: edits.map(({ range, newText }) => ({
        deletedRegion: regionOf(range),
        insertedContent: { text: newText },
      })),
    },
  ],
});

const physical = (file: string, range: Range): object => ({
  artifactLocation: { uri: uriOf(file) },
  region: regionOf(range),
});

const regionOf = ({ start, end }: Range): object => ({
  startLine: start.line + 1,
  startColumn: start.character + 1,
  endLine: end.line + 1,
  endColumn: end.character + 1,
});

/** A path as a URI, a relative one stays relative. */
const uriOf = (file: string): string =>
  isAbsolute(file) ? pathToFileURL(file).href : file.replaceAll('\\', '/').split('/').map(encodeURIComponent).join('/');

const commands: Record<Severity, string> = {
  error: 'error',
  warning: 'warning',
  information: 'notice',
  hint: 'notice',
};

/** Workflow commands, from which GitHub makes annotations of lines. */
function githubLines({ file, findings }: JudgedFile): string[] {
  return findings.map(({ severity, message, code, rfc, range: { start, end } }) => {
    const place = { file: printable(file), line: start.line + 1, col: start.character + 1, endLine: end.line + 1 };
    const properties = Object.entries({ ...place, title: code }).map(
      ([name, value]) => `${name}=${escaped(String(value)).replaceAll(':', '%3A').replaceAll(',', '%2C')}`,
    );
    return `::${commands[severity]} ${properties.join(',')}::${escaped(`${oneLine(message)} (${rfcLabel(rfc)})`)}\n`;
  });
}

const escaped = (text: string): string => text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');

/** A test case for each file, which fails where an error was found; other findings are its output. */
function junit(judged: readonly JudgedFile[]): string {
  const failed = judged.filter(({ findings }) => findings.some(isError)).length;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites><testsuite name="dots validate" tests="${judged.length}" failures="${failed}">`,
    ...judged.flatMap(testCase),
    '</testsuite></testsuites>\n',
  ].join('\n');
}

const isError = ({ severity }: LocatedFinding): boolean => severity === 'error';

function testCase({ file, findings }: JudgedFile): string[] {
  const errors = findings.filter(isError);
  const others = findings.filter((finding) => !isError(finding));
  const lines = (list: readonly LocatedFinding[]): string =>
    xml(list.flatMap((finding) => findingLines(file, finding)).join('\n'));
  return [
    `<testcase classname="dots validate" name="${xml(file)}">`,
    ...(errors[0] === undefined
      ? []
      : [`<failure type="${xml(errors[0].code)}" message="${xml(errors[0].message)}">${lines(errors)}</failure>`]),
    ...(others.length === 0 ? [] : [`<system-out>${lines(others)}</system-out>`]),
    '</testcase>',
  ];
}

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** Text of XML 1.0, which cannot contain most control characters. */
const xml = (text: string): string =>
  text
    .replace(/[&<>"]/g, (character) => entities[character] ?? '')
    .replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '\ufffd');
