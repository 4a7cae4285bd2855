/**
 * npm run bench:check: how fast documents are judged, beside vscode-json-languageservice with the generated schema and
 * beside yanglint, in one run. One JSON line per figure; times in milliseconds, medians of warm runs.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getLanguageService, TextDocument } from 'vscode-json-languageservice';
import { schemas } from '#schemas/index';
import { createLanguageService } from '#service/service';
import { largeAclText } from '../support/largeAcl';
import { root, sharedPath } from '../support/shared';

const runs = 7;

function print(figure: string, values: Record<string, number | string>): void {
  console.log(JSON.stringify({ figure, ...values }));
}

function median(times: number[]): number {
  return Math.round([...times].sort((a, b) => a - b)[times.length >> 1] as number);
}

function timed(action: () => void): number {
  const start = performance.now();
  action();
  return performance.now() - start;
}

const service = createLanguageService();
const ours = (text: string): void => {
  service.validate(text);
};

/** The JSON language service with the generated schema: one reading of a text and its diagnostics. */
function jsonLanguageService(): (text: string) => Promise<void> {
  const json = getLanguageService({});
  json.configure({
    validate: true,
    schemas: [{ uri: 'dots://acls', fileMatch: ['*'], schema: schemas.acls as object }],
  });
  let version = 0;
  return async (text) => {
    const document = TextDocument.create('file:///acl.json', 'json', version++, text);
    await json.doValidation(document, json.parseJSONDocument(document));
  };
}

/** The same text with faults spread over it, so that positions have to be found. */
function withFaults(text: string): string {
  let count = 0;
  return text.replace(/"forwarding": "drop"/g, (match) => (count++ % 100 === 50 ? '"forwarding": "dorp"' : match));
}

/**
 * Both in turn, some runs each, so that whatever else the machine does falls on both, and neither pays for the memory
 * of the other.
 */
async function large(): Promise<void> {
  const text = withFaults(largeAclText(10_000));
  const judgeTheirs = jsonLanguageService();
  const mine: number[] = [];
  const theirs: number[] = [];
  for (let round = 0; round < 3; round++) {
    mine.push(...Array.from({ length: runs + 3 }, () => timed(() => ours(text))).slice(3));
    for (let run = 0; run < 3; run++) {
      const start = performance.now();
      await judgeTheirs(text);
      theirs.push(performance.now() - start);
    }
  }
  const [ms, json] = [median(mine), median(theirs)];
  print('10,000 ACEs, all findings with positions, warm', {
    octets: text.length,
    findings: service.validate(text).findings.length,
    ms,
    goalMs: 250,
  });
  print('10,000 ACEs beside vscode-json-languageservice', {
    ours: ms,
    theirs: json,
    ratio: Number((json / ms).toFixed(1)),
    goalRatio: 4,
  });
}

function linear(): void {
  const perAce = [100, 1_000, 10_000, 50_000].map((entries) => {
    const text = largeAclText(entries);
    const times = Array.from({ length: 5 }, () => timed(() => ours(text))).slice(1);
    print('time by size', {
      aces: entries,
      ms: median(times),
      microsecondsPerAce: Math.round((median(times) * 1000) / entries),
    });
    return median(times) / entries;
  });
  print('50,000 ACEs beside 10,000, time per ACE', {
    ratio: Number(((perAce[3] as number) / (perAce[2] as number)).toFixed(2)),
  });
  const many = largeAclText(5, 1_000);
  print('1,000 ACLs of 5 ACEs', { ms: median(Array.from({ length: 3 }, () => timed(() => ours(many)))), goalMs: 1000 });
}

/** Whole processes, as a person starts them. */
function processes(): void {
  const oracle = sharedPath('yang-oracle');
  if (oracle === undefined || !existsSync(join(root, 'dist', 'cli.js'))) {
    console.error('left out: yanglint beside dots validate (needs ../shared/yang-oracle and npm run build)');
    return;
  }
  const folder = mkdtempSync(join(tmpdir(), 'dots-bench-'));
  const file = join(folder, 'acl.json');
  writeFileSync(file, largeAclText(10_000));
  const lint = lintTree(oracle, folder);
  const dots: number[] = [];
  const yanglint: number[] = [];
  for (let run = 0; run < runs; run++) {
    dots.push(timed(() => spawnSync('node', [join(root, 'dist', 'cli.js'), 'validate', file])));
    yanglint.push(timed(lint));
  }
  print('whole process, 10,000 ACEs', {
    dots: median(dots),
    yanglint: median(yanglint),
    ratio: Number((median(dots) / median(yanglint)).toFixed(2)),
    goalRatio: 1,
  });
  rmSync(folder, { recursive: true });
}

/** yanglint itself on the same entries as a whole data tree, identities qualified as it wants them. */
function lintTree(oracle: string, folder: string): () => void {
  const acls = (
    JSON.parse(largeAclText(10_000).replace(/"(ipv4-acl-type|drop)"/g, '"ietf-access-control-list:$1"')) as Record<
      string,
      object
    >
  )['ietf-dots-data-channel:acls'];
  const file = join(folder, 'tree.json');
  writeFileSync(
    file,
    JSON.stringify(
      { 'ietf-dots-data-channel:dots-data': { 'dots-client': [{ cuid: 'dz6pHjaADkaFTbjr0JGBpw', acls }] } },
      null,
      2,
    ),
  );
  const modules = ['ietf-access-control-list@2019-03-04', 'ietf-dots-data-channel@2020-05-28'].map((name) =>
    join(oracle, `${name}.yang`),
  );
  return () =>
    void spawnSync('yanglint', ['-p', oracle, '-t', 'config', '-f', 'json', '-o', '/dev/null', ...modules, file]);
}

async function main(): Promise<void> {
  await large();
  linear();
  processes();
}

void main();
