import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { findingCodes } from '#dots/workspace/findingCodes';
import { sectionLines } from '../../server/src/lsp/findingsPage';
import { findingsPage } from '../support/findings/page';
import { root } from '../support/shared';

const page = readFileSync(join(root, 'docs/findings.md'), 'utf8');

test('docs/findings.md is what npm run findings writes', () => {
  assert.equal(page, findingsPage());
});

test('docs/findings.md has a section for each code', () => {
  const sections = [...page.matchAll(/^### (.+)$/gm)].map(([, code]) => code);
  assert.deepEqual(sections.sort(), [...findingCodes].sort());
});

test('a finding of the editor leads to the line of its section', () => {
  const lines = page.split('\n');
  const sections = sectionLines(page);
  for (const code of findingCodes) assert.equal(lines[(sections.get(code) ?? 0) - 1], `### ${code}`);
});
