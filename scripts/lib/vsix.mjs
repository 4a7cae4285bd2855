import { inRoot, manifest, root } from './paths.mjs';
import { Problem } from './problem.mjs';
import { run } from './processes.mjs';

/**
 * Packs the extension as it is built into a .vsix in the root (bundles, assets and a readme of its own, no
 * node_modules), and returns its name.
 */
export async function makePackage() {
  const file = `${manifest.name}-${manifest.version}.vsix`;
  const args = [
    'package',
    '--no-dependencies',
    '--allow-missing-repository',
    '--no-rewrite-relative-links',
    '--readme-path',
    'assets/readme-extension.md',
    '--out',
    file,
  ];
  const { status, output } = await run(process.execPath, [inRoot('node_modules/@vscode/vsce/vsce'), ...args], {
    cwd: root,
  });
  if (status !== 0)
    throw new Problem(`vsce package failed (status ${status}): see its words above.`, { details: output });
  return file;
}
