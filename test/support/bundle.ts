import { copyFileSync, existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { root } from './shared';
import { removeFolder } from './removeFolder';

const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };

/**
 * Bundles an entry of the product as it is now and returns the file, which is removed when the tests end: a bundle
 * starts several times faster than its sources, and tests start many. `alias` puts other files in the place of
 * packages.
 */
export function bundled(entry: string, alias: Record<string, string> = {}): string {
  const folder = mkdtempSync(join(tmpdir(), 'dots-bundle-'));
  process.once('exit', () => removeFolder(folder));
  const outfile = bundledInto(folder, entry, alias);
  const dtls = join(root, 'dist/dtls.wasm');
  if (existsSync(dtls)) copyFileSync(dtls, join(folder, 'dtls.wasm'));
  return outfile;
}

/** The same into a folder of the caller's, and without the DTLS module. */
export function bundledInto(folder: string, entry: string, alias: Record<string, string> = {}): string {
  const outfile = join(folder, 'main.js');
  buildSync({
    absWorkingDir: root,
    entryPoints: [entry],
    outfile,
    bundle: true,
    alias,
    define: { packageVersion: JSON.stringify(version) },
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    mainFields: ['module', 'main'],
    logLevel: 'error',
  });
  return outfile;
}
