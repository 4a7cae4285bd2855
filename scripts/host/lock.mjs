import '../lib/require-node.mjs';
import { copyFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';

const { withScratchFolder } = await import('../lib/cache.mjs');
const { npm } = await import('../lib/npm.mjs');
const { runMain } = await import('../lib/problem.mjs');
const { lean, locks, serverFolder } = await import('./install.mjs');

const lockOnly = ['install', ...lean, '--package-lock-only', '--omit-lockfile-registry-resolved'];

/**
 * Makes the lock files of VS Code in the browser anew, after a version in scripts/host/locks/package.json was changed.
 */
await runMain(() =>
  withScratchFolder(async (folder) => {
    const server = join(folder, serverFolder);
    copyFileSync(join(locks, 'package.json'), join(folder, 'package.json'));
    await npm(lockOnly, folder);
    await npm(['ci', ...lean], folder);
    // The versions that the server was tested with stay; what its package.json requires besides is added.
    renameSync(join(server, 'npm-shrinkwrap.json'), join(server, 'package-lock.json'));
    await npm(lockOnly, server);
    copyFileSync(join(folder, 'package-lock.json'), join(locks, 'package-lock.json'));
    copyFileSync(join(server, 'package-lock.json'), join(locks, 'vscode/package-lock.json'));
  }),
);
