import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { rfcUrl, type Fault } from '#dots/model/finding';
import { attempt, uriOf } from '#host/files';

/** The page with all findings, beside the folder of the server. */
const page = join(__dirname, '../docs/findings.md');

let lines: ReadonlyMap<string, number> | undefined;

/** The line of each code in the text of the page, from 1. */
export function sectionLines(text: string): Map<string, number> {
  const found = text.split('\n').flatMap((line, index): [string, number][] => {
    const code = /^### (\S+)$/.exec(line)?.[1];
    return code === undefined ? [] : [[code, index + 1]];
  });
  return new Map(found);
}

/** Where to read about a finding: its section of the page; without the page that of the RFC. */
export function findingLink({ code, rfc }: Pick<Fault, 'code' | 'rfc'>): string {
  lines ??= sectionLines(attempt(() => readFileSync(page, 'utf8')) ?? '');
  const line = lines.get(code);
  return line === undefined ? rfcUrl(rfc) : `${uriOf(page)}#L${line}`;
}
