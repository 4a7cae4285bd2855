import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import type { Browser } from 'playwright-core';
import { answersTo } from '../support/browser/answers';
import { root } from '../support/shared';

interface Folders {
  folders: { name: string; path: string; pure?: boolean }[];
  folderOf(path: string): { name: string; pure?: boolean };
}
interface Browsers {
  findBrowser(): string | undefined;
  startBrowser(): Promise<Browser>;
  browserHint: string;
}

const load = async <T>(path: string): Promise<T> => (await import(pathToFileURL(join(root, path)).href)) as T;

/** All source files of pure folders. */
async function pureFiles(): Promise<string[]> {
  const { folderOf } = await load<Folders>('scripts/lib/folders.mjs');
  return ['schemas', 'dots/src', 'server/src']
    .flatMap((top) =>
      readdirSync(join(root, top), { recursive: true, encoding: 'utf8' }).map((name) => `${top}/${name}`),
    )
    .filter((path) => path.endsWith('.ts') && folderOf(path).pure === true);
}

/**
 * One script for a browser that runs all of these files, and offers `answersTo`. Fails where one needs a module of
 * Node.js.
 */
async function bundleForBrowser(files: readonly string[]): Promise<string> {
  const contents = [
    ...files.map((file) => `import './${file}';`),
    `export { answersTo } from './test/support/browser/answers';`,
  ];
  const { outputFiles } = await build({
    absWorkingDir: root,
    stdin: { contents: contents.join('\n'), resolveDir: root },
    bundle: true,
    write: false,
    format: 'iife',
    globalName: 'dots',
    platform: 'browser',
    target: 'es2022',
    charset: 'utf8',
    treeShaking: false,
    logLevel: 'silent',
  });
  return outputFiles[0]!.text;
}

/** A browser, or undefined, the test skipped, where none is installed. */
async function needBrowser(skip: (reason: string) => void): Promise<Browser | undefined> {
  const { findBrowser, startBrowser, browserHint } = await load<Browsers>('scripts/host/browser.mjs');
  if (findBrowser() !== undefined) return startBrowser();
  if (process.env.CI === 'true') throw new Error(browserHint);
  skip(browserHint);
  return undefined;
}

test('the pure folders and the language service run in a browser, and say the same there', async (t) => {
  const files = await pureFiles();
  for (const folder of ['model', 'words', 'check', 'cbor', 'workspace', 'flowspec', 'world'])
    assert.ok(
      files.some((file) => file.startsWith(`dots/src/${folder}/`)),
      folder,
    );
  const script = await bundleForBrowser(files);
  const browser = await needBrowser((reason) => t.skip(reason));
  if (browser === undefined) return;
  t.after(() => browser.close());
  const page = await browser.newPage();
  await page.addScriptTag({ content: script });
  for (const file of readdirSync(join(root, 'examples')).filter((name) => name.endsWith('.dots.json'))) {
    const text = readFileSync(join(root, 'examples', file), 'utf8');
    const there = await page.evaluate(`dots.answersTo(${JSON.stringify(text)}, ${JSON.stringify(file)})`);
    assert.deepEqual(JSON.parse(there as string), JSON.parse(answersTo(text, file)), file);
  }
});
