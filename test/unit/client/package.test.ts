import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { check } from '#dots/check/check';
import { findingCodes } from '#dots/workspace/findingCodes';
import { root } from '../../support/shared';

const read = (name: string): string => readFileSync(join(root, name), 'utf8');
interface Manifest {
  activationEvents: string[];
  capabilities: { untrustedWorkspaces: { supported: string; restrictedConfigurations: string[] } };
  contributes: {
    commands: { command: string }[];
    configuration: { properties: Record<string, unknown> };
    languages: { extensions?: string[]; filenames?: string[] }[];
    walkthroughs: { steps: { id: string; description: string; media: { svg: string } }[] }[];
  };
}
const manifest = JSON.parse(read('package.json')) as Manifest;
const texts = JSON.parse(read('package.nls.json')) as Record<string, string>;

function clientSource(): string {
  const folder = join(root, 'client/src');
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => readFileSync(join(folder, name), 'utf8'))
    .join('\n');
}

test('every text of package.json is in package.nls.json, and none is there for nothing', () => {
  const used = [...read('package.json').matchAll(/"%([^%"]+)%"/g)].map(([, key]) => key as string);
  assert.deepEqual([...new Set(used)].sort(), Object.keys(texts).sort());
});

/** The members of package.json that a person reads. */
const readable = new Set([
  'title',
  'description',
  'markdownDescription',
  'enumDescriptions',
  'name',
  'contextualTitle',
  'contents',
  'altText',
  'category',
  'deprecationMessage',
]);

test('every text of settings, commands, views, menus and walkthroughs goes through package.nls.json', () => {
  const loose: string[] = [];
  const look = (value: unknown, member: string, at: string): void => {
    if (typeof value === 'string' && readable.has(member) && !/^%[^%]+%$/.test(value)) loose.push(`${at}: ${value}`);
    else if (Array.isArray(value)) value.forEach((each, index) => look(each, member, `${at}/${index}`));
    else if (typeof value === 'object' && value !== null)
      for (const [name, each] of Object.entries(value)) look(each, name, `${at}/${name}`);
  };
  const { contributes, capabilities } = JSON.parse(read('package.json')) as Record<string, unknown>;
  look(contributes, '', 'contributes');
  look(capabilities, '', 'capabilities');
  assert.deepEqual(loose, []);
});

test('the readme of the package names every setting, and leads to no file', () => {
  const readme = read('assets/readme-extension.md');
  const named = [...readme.matchAll(/^\| `(dots\.[^`]+)`/gm)].map(([, name]) => name as string);
  assert.deepEqual(named, Object.keys(manifest.contributes.configuration.properties));
  assert.doesNotMatch(readme, /\]\(/);
});

test('the walkthrough leads through six steps, each with a picture of ours and a command', () => {
  const {
    walkthroughs: [walkthrough],
  } = manifest.contributes;
  assert.equal(walkthrough?.steps.length, 6);
  for (const { id, description, media } of walkthrough?.steps ?? []) {
    assert.match(texts[description.replaceAll('%', '')] ?? '', /\]\(command:dots\./, id);
    assert.ok(existsSync(join(root, media.svg)), media.svg);
  }
});

test('the extension is activated by DOTS documents, views and commands only', () => {
  assert.deepEqual(manifest.activationEvents, ['onLanguage:dots']);
  const { languages } = manifest.contributes;
  for (const name of languages.flatMap(({ extensions = [], filenames = [] }) => [...extensions, ...filenames]))
    assert.match(name, /dots|^\.orchestrator\.json$/);
});

test('an untrusted folder is limited, and cannot set what decides where requests go', () => {
  const {
    untrustedWorkspaces: { supported, restrictedConfigurations },
  } = manifest.capabilities;
  assert.equal(supported, 'limited');
  assert.deepEqual(
    Object.keys(manifest.contributes.configuration.properties).filter(
      (name) => !restrictedConfigurations.includes(name),
    ),
    [
      'dots.level',
      'dots.severities',
      'dots.inlayHints.protocols',
      'dots.inlayHints.ports',
      'dots.inlayHints.durations',
    ],
  );
});

test('the codes of severities in the settings are those of the findings', () => {
  const { propertyNames } = manifest.contributes.configuration.properties['dots.severities'] as {
    propertyNames: { enum: string[] };
  };
  assert.deepEqual(propertyNames.enum, findingCodes);
});

test('every command that is contributed is registered, and the other way round', () => {
  const registered = [...clientSource().matchAll(/registerCommand\('(dots\.[^']+)'/g)].map(
    ([, name]) => name as string,
  );
  assert.deepEqual(registered.sort(), manifest.contributes.commands.map(({ command }) => command).sort());
});

test('the links of the empty views lead to commands that exist', () => {
  const linked = Object.values(texts).flatMap((text) =>
    [...text.matchAll(/command:(dots\.(?!session\.focus)[\w.]+)/g)].map(([, name]) => name as string),
  );
  const known = manifest.contributes.commands.map(({ command }) => command);
  assert.deepEqual(
    linked.filter((name) => !known.includes(name)),
    [],
  );
});

test('every file that package.json names is there', () => {
  const paths = [
    ...read('package.json').matchAll(
      /"(\.\/(?:assets|syntaxes)\/[^"]+|\.\/language-configuration\.json|assets\/[^"]+)"/g,
    ),
  ].map(([, path]) => path as string);
  assert.deepEqual(
    paths.filter((path) => !existsSync(join(root, path))),
    [],
  );
});

test('the settings that the client reads are those that package.json offers', () => {
  const used = [...clientSource().matchAll(/getConfiguration\('dots'\)\.get<\w+>\('([^']+)'/g)].map(
    ([, name]) => `dots.${name ?? ''}`,
  );
  const offered = Object.keys(manifest.contributes.configuration.properties);
  assert.deepEqual(
    used.filter((name) => !offered.includes(name)),
    [],
  );
});

test('the examples are clean, but for the first draft', () => {
  for (const name of readdirSync(join(root, 'examples')).filter((each) => each.endsWith('.dots.json'))) {
    const faults = check(JSON.parse(read(`examples/${name}`))).faults;
    if (name.startsWith('first-draft'))
      assert.ok(faults.filter(({ severity }) => severity === 'error').length >= 5, name);
    else assert.deepEqual(faults, [], name);
  }
});
