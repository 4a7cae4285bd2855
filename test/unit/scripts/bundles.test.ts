import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { listFiles, PackageManager } from '@vscode/vsce';
import { build, type BuildOptions } from 'esbuild';
import { root } from '../../support/shared';

interface Product {
  name: string;
  title: string;
  entries: Record<string, string>;
}

interface Stamps {
  stampedBundles(): { files: string[] } | undefined;
}

const load = async <T>(path: string): Promise<T> => (await import(pathToFileURL(join(root, path)).href)) as T;
test('no source is in two bundles of a product', async () => {
  const { products } = await load<{ products: Product[] }>('scripts/lib/bundles.mjs');
  const { moduleOptions } = await load<{ moduleOptions(product: Product): BuildOptions }>('scripts/lib/chunks.mjs');
  for (const product of products) {
    const { metafile } = await build({ ...moduleOptions(product), metafile: true });
    const placesOf = new Map<string, string[]>();
    for (const [output, { inputs }] of Object.entries(metafile.outputs))
      for (const [input, { bytesInOutput }] of Object.entries(inputs))
        if (bytesInOutput > 0) placesOf.set(input, [...(placesOf.get(input) ?? []), output]);
    assert.ok(placesOf.size > (product.name === 'start' ? 2 : 50), product.name);
    for (const [input, places] of placesOf) assert.equal(places.length, 1, `${input}: ${places.join(' ')}`);
  }
});

/** The files that the built bundles consist of, source maps left out. */
async function builtFiles(): Promise<string[]> {
  const { stampedBundles } = await load<Stamps>('scripts/lib/bundles.mjs');
  return (stampedBundles()?.files ?? []).filter((file) => !file.endsWith('.map'));
}

test('the package contains all files of the extension and the language server, and none of the command', async (t) => {
  const built = await builtFiles();
  if (built.length === 0) return t.skip('dist is not built (npm run build)');
  const packed = await listFiles({ cwd: root, packageManager: PackageManager.None });
  const isOfCommand = (file: string): boolean => /^dist\/cli\b/.test(file);
  for (const file of built) assert.equal(packed.includes(file), !isOfCommand(file), file);
});

test('an error that one bundle throws is known in another', async (t) => {
  if ((await builtFiles()).length === 0) return t.skip('dist is not built (npm run build)');
  const { status, stderr } = spawnSync(process.execPath, [join(root, 'dist/cli.js'), 'encode', 'no such file'], {
    encoding: 'utf8',
  });
  assert.match(stderr, /^dots encode: no such file /);
  assert.equal(status, 2);
});
