import { createLanguageService, type LocatedFinding, type ParsedDocument } from '#service/service';
import { rfcRules } from '../rfcRules';
import { adviceExamples } from './advice';
import { crossExamples } from './cross';
import { one, type FindingExample } from './example';
import { jsonExamples } from './json';
import { policyExamples } from './policy';
import { yangExamples } from './yang';

export type { FindingExample } from './example';
export { unreadCodes } from './cross';

const rfcExamples = rfcRules.map(({ code, rule, violates, direction = 'request' }): FindingExample => ({
  code: `rfc/${code}`,
  reason: `${rule.charAt(0).toUpperCase()}${rule.slice(1)}.`,
  files: one(violates),
  direction,
}));

/** Documents for each finding; some findings have several. */
export const findingExamples: readonly FindingExample[] = [
  ...jsonExamples,
  ...yangExamples,
  ...rfcExamples,
  ...crossExamples,
  ...policyExamples,
  ...adviceExamples,
];

const service = createLanguageService();

const textOf = (value: object | string): string =>
  typeof value === 'string' ? value : `${JSON.stringify(value, null, 2)}\n`;

/** The document of an example with the finding, and all of its findings. */
export interface Judged {
  document: ParsedDocument;
  findings: LocatedFinding[];
}

/** Validates an example as the editor and the command do; `text` replaces that of the first file. */
export function judged({ files, level, direction, profiles }: FindingExample, text?: string): Judged {
  const [name = '', first = ''] = Object.entries(files)[0] ?? [];
  const documents = new Map(
    Object.entries(files).map(([file, value]) => [
      file,
      service.parse(file === name ? (text ?? textOf(first)) : textOf(value), file),
    ]),
  );
  const document = documents.get(name) as ParsedDocument;
  const known = profiles && service.profiles(service.parse(JSON.stringify(profiles), 'dots.profiles.json'));
  if (document.form === 'workspace') return { document, findings: service.workspaceFindings(document, known) };
  if (document.form === 'policy') return { document, findings: service.policyFindings(document, known) };
  const own = service.validate(document, { level, direction, file: name }).findings;
  return { document, findings: document.form === 'dots' ? [...own, ...crossFindings(name, documents, known)] : own };
}

function crossFindings(
  name: string,
  documents: ReadonlyMap<string, ParsedDocument>,
  profiles: ReturnType<typeof service.profiles> = new Map(),
): LocatedFinding[] {
  const workspaceFile = documents.get('dots.workspace.json');
  const workspace = service.workspace(workspaceFile ?? service.parse('{}', 'dots.workspace.json'));
  const entries = new Map(
    [...documents].filter(([, { form }]) => form === 'dots').map(([file, document]) => [file, service.index(document)]),
  );
  const members = [...entries].map(([file, { facts, certain }]) => ({
    file,
    facts,
    certain,
    context: service.context(workspace, profiles, file),
  }));
  const faults = service.cross({ complete: workspaceFile !== undefined, members });
  return service.locateCross(documents.get(name) as ParsedDocument, faults.get(name) ?? [], entries);
}
