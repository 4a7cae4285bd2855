import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'jsonc-parser';
import { check } from '#dots/check/check';
import { root } from '../support/shared';

const read = (name: string): string => readFileSync(join(root, name), 'utf8');
const manifest = JSON.parse(read('package.json')) as { contributes: { commands: { command: string }[]; configuration: { properties: Record<string, unknown> } } };
const texts = JSON.parse(read('package.nls.json')) as Record<string, string>;

function clientSource(): string {
  const folder = join(root, 'client/src');
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts')).map((name) => readFileSync(join(folder, name), 'utf8')).join('\n');
}

test('every text of package.json is in package.nls.json, and none is there for nothing', () => {
  const used = [...read('package.json').matchAll(/"%([^%"]+)%"/g)].map(([, key]) => key as string);
  assert.deepEqual([...new Set(used)].sort(), Object.keys(texts).sort());
});

test('every command that is contributed is registered, and the other way round', () => {
  const registered = [...clientSource().matchAll(/registerCommand\('(dots\.[^']+)'/g)].map(([, name]) => name as string);
  assert.deepEqual(registered.sort(), manifest.contributes.commands.map(({ command }) => command).sort());
});

test('the links of the empty views lead to commands that exist', () => {
  const linked = Object.values(texts).flatMap((text) => [...text.matchAll(/command:(dots\.[\w.]+)/g)].map(([, name]) => name as string));
  const known = manifest.contributes.commands.map(({ command }) => command);
  assert.deepEqual(linked.filter((name) => !known.includes(name)), []);
});

test('every file that package.json names is there', () => {
  const paths = [...read('package.json').matchAll(/"(\.\/(?:assets|syntaxes|snippets)\/[^"]+|\.\/language-configuration\.json|assets\/[^"]+)"/g)].map(([, path]) => path as string);
  assert.deepEqual(paths.filter((path) => !existsSync(join(root, path))), []);
});

test('the settings that the client reads are those that package.json offers', () => {
  const used = [...clientSource().matchAll(/getConfiguration\('dots'\)\.get<\w+>\('([^']+)'/g)].map(([, name]) => `dots.${name ?? ''}`);
  const offered = Object.keys(manifest.contributes.configuration.properties);
  assert.deepEqual(used.filter((name) => !offered.includes(name)), []);
});

test('the examples are clean, but for the first draft', () => {
  for (const name of readdirSync(join(root, 'examples')).filter((each) => each.endsWith('.dots.json'))) {
    const faults = check(JSON.parse(read(`examples/${name}`))).faults;
    if (name.startsWith('first-draft')) assert.ok(faults.filter(({ severity }) => severity === 'error').length >= 5, name);
    else assert.deepEqual(faults, [], name);
  }
});

test('what a snippet writes is a clean document, with each choice at its first value', () => {
  const snippets = JSON.parse(read('snippets/dots.json')) as Record<string, { prefix: string; body: string[] }>;
  for (const [name, { body }] of Object.entries(snippets)) {
    const text = body.join('\n').replace(/\$\{\d+\|([^,|]+)[^}]*\}/g, '$1').replace(/\$\{\d+:([^}]*)\}/g, '$1').replace('$0', '');
    const value: unknown = parse(text);
    if (name === 'Rate-limiting rule (ACE)') continue; // a part of a document
    const { type, faults } = check(value);
    assert.ok(type, name);
    assert.deepEqual(faults.filter(({ severity }) => severity === 'error'), [], name);
  }
});
