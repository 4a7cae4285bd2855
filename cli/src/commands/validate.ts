import type { Level } from '#dots/check/check';
import { documentTypeOf } from '#dots/model/documents';
import { describeError } from '#dots/model/errors';
import { safeJson } from '#dots/model/text';
import { plural } from '#dots/words/quantities';
import type { LocatedFinding, TextFix } from '#service/service';
import { validationService as service } from '#service/validationService';
import { absolutePath, nameOfPath } from '../caller';
import { UsageError, wholeNumber, type Command, type ExitStatus, type Arguments } from '../command';
import { filesOf, readInput } from '../files';
import { countOf, findingJson, findingLines } from '../findings';
import { standardInput, type Io } from '../io';
import { namedDocuments, type NamedDocuments } from '../namedDocuments';
import { CommandWorkspaces, workspaceOptions } from '../workspace';

/** `dots validate`: every finding of every document named. */
export const validate: Command = {
  name: 'validate',
  summary: 'Check documents against the YANG modules, the RFCs, and JSON itself.',
  usage:
    'PATH... [--fix [--dry-run]] [--format text|json|sarif|github|junit] [--max-warnings N] [--level practice|strict] [--workspace FILE] [--profiles FILE]',
  options: [
    {
      name: 'format',
      value: 'FORMAT',
      choices: ['text', 'json', 'sarif', 'github', 'junit'],
      preset: 'text',
      description:
        'The output format. sarif: SARIF 2.1.0 with fixes; github: annotations of GitHub workflows; junit: a report of tests.',
    },
    {
      name: 'max-warnings',
      value: 'N',
      description: 'Exit status 1 also where there are more warnings than this.',
    },
    {
      name: 'level',
      value: 'LEVEL',
      choices: ['practice', 'strict'],
      description:
        'practice: as DOTS implementations write and accept; strict: exactly RFC 7951 (default: from the workspace file, or practice).',
    },
    {
      name: 'fix',
      description: 'Fix what keeps the meaning: JSON syntax, spelling, names of modules, types of values.',
    },
    { name: 'dry-run', description: 'With --fix: print the differences, and change no file.' },
    ...workspaceOptions,
  ],
  details: [
    'A PATH is a file, a folder (every *.dots.json and *.orchestrator.json in it, and every .json with a DOTS top-level member), a glob, or - for standard input.',
    'Text output has file:line:column from 1; JSON output has lines and characters from 0, in UTF-16 units.\nComments and trailing commas are allowed in files named .jsonc.',
    'Documents are also checked together: all below the folder of their workspace file, or those of their folder and those named if there is none.\nErrors of the workspace file are printed, and it is then ignored.',
    'Exit status 1: at least one finding is an error, or there are more warnings than --max-warnings. Exit status 2: at least one PATH could not be read.',
  ],
  examples: [
    'dots validate examples',
    'dots validate --fix --dry-run examples',
    "dots validate 'requests/**/*.dots.json' --format json",
    'dots validate requests --max-warnings 0 --format sarif > dots.sarif',
    'dots validate - < request.json',
  ],
  run: runValidate,
};

async function runValidate(given: Arguments, io: Io): Promise<ExitStatus> {
  if (given.paths.length === 0) throw new UsageError('No file is named.', 'See dots validate --help.');
  const format = given.option('format') ?? 'text';
  const mostWarnings = wholeNumber('max-warnings', given.option('max-warnings'), 0, Number.MAX_SAFE_INTEGER);
  fixOptions(given);
  const workspaces = new CommandWorkspaces(given);
  const named = namedDocuments(workspaces, given.option('level') as Level | undefined);
  const unread = await eachFile(given.paths, io, async (file) => {
    named.add(file, (await readInput(file, io)).bytes);
  });
  if (given.option('fix') !== undefined) {
    // A check does not need what writes files.
    const { fixDocuments } = await import('../fixDocuments');
    await fixDocuments(named, given.option('dry-run') !== undefined, (line) =>
      format === 'text' ? io.out(`${line}\n`) : io.say(line),
    );
  }
  const judged = [...(await verdicts(named)), ...ownFiles(workspaces, named)];
  await io.out(await written(format, judged, io.colours));
  if (unread > 0) return 2;
  const all = allOf(judged);
  return countOf(all, 'error') > 0 || countOf(all, 'warning') > (mostWarnings ?? Infinity) ? 1 : 0;
}

/** All findings in a format; no text where no file was read. */
async function written(format: string, judged: readonly Judged[], colours: boolean): Promise<string> {
  if (format === 'text') return judged.length > 0 ? text(judged, colours) : '';
  if (format === 'json') return `${safeJson(report(judged), 2)}\n`;
  const { findingFormats } = await import('../findingFormats');
  return findingFormats[format]?.(judged) ?? '';
}

/** Throws UsageError where the options of fixes do not fit. */
function fixOptions(given: Arguments): void {
  if (given.option('dry-run') !== undefined && given.option('fix') === undefined)
    throw new UsageError('--dry-run is for --fix.', 'See dots validate --help.');
  if (given.option('fix') !== undefined && given.paths.includes(standardInput))
    throw new UsageError('--fix changes files, and standard input is none.', 'Name the files.');
}

/** A file and all that was found in it. */
interface Judged {
  file: string;
  /** The kind of DOTS document, `workspace`, `profiles`, `clients` or `policy`, or null where it is none of them. */
  kind: string | null;
  findings: readonly LocatedFinding[];
  fixes?(finding: LocatedFinding): TextFix[];
}

/** All that was found, file by file. */
async function verdicts({ sources, documents, validator }: NamedDocuments): Promise<Judged[]> {
  const judged: Judged[] = [];
  const sets = await validator.now();
  for (const { uri } of sources) await sets.loaded(uri);
  for (const source of sources) {
    const { form, value } = documents.parsed(source);
    const kind = form === 'dots' ? (documentTypeOf(value)?.kind ?? null) : form;
    const fixes = (finding: LocatedFinding): TextFix[] => service.fixes(documents.parsed(source), finding);
    judged.push({ file: source.uri, kind, findings: await validator.findings(source, {}, sets), fixes });
  }
  return judged;
}

/** The faults of the workspace and profiles files that were used and are not on the command line. */
function ownFiles({ ownFindings, profilesFile }: CommandWorkspaces, { sources }: NamedDocuments): Judged[] {
  const named = new Set(sources.map(({ uri }) => absolutePath(uri)));
  return [...ownFindings]
    .filter(([path, findings]) => findings.length > 0 && !named.has(path))
    .sort(([one], [other]) => Number(one === profilesFile) - Number(other === profilesFile))
    .map(([path, findings]) => ({
      file: nameOfPath(path),
      kind: path === profilesFile ? 'profiles' : 'workspace',
      findings,
    }));
}

/**
 * Calls back for each file that the paths name; reports those that cannot be read and continues. Returns how many those
 * were.
 */
async function eachFile(paths: readonly string[], io: Io, judge: (file: string) => Promise<void>): Promise<number> {
  let unread = 0;
  const attempt = async <T>(action: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await action();
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      unread += 1;
      io.say(`dots validate: ${describeError(error)}`);
      return undefined;
    }
  };
  const files = new Set<string>();
  for (const path of paths) for (const file of (await attempt(() => filesOf(path, true))) ?? []) files.add(file);
  for (const file of files) await attempt(() => judge(file));
  return unread;
}

const allOf = (judged: readonly Judged[]): LocatedFinding[] => judged.flatMap(({ findings }) => findings);

function report(judged: readonly Judged[]): object {
  const all = allOf(judged);
  return {
    version: 1,
    files: judged.map(({ file, kind, findings }) => ({ file, kind, findings: findings.map(findingJson) })),
    summary: { files: judged.length, errors: countOf(all, 'error'), warnings: countOf(all, 'warning') },
  };
}

function text(judged: readonly Judged[], colours: boolean): string {
  return judged
    .flatMap(({ file, findings }) => findings.flatMap((finding) => findingLines(file, finding, colours)))
    .map((line) => `${line}\n`)
    .join('')
    .concat(`${summaryLine(judged)}\n`);
}

function summaryLine(judged: readonly Judged[]): string {
  const all = allOf(judged);
  return `${plural(judged.length, 'file')}: ${plural(countOf(all, 'error'), 'error')}, ${plural(countOf(all, 'warning'), 'warning')}`;
}
