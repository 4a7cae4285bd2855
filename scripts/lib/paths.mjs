import { readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository's root folder. */
export const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');

/** A path below the repository's root. */
export const inRoot = (...names) => join(root, ...names);

/** package.json of this repository. */
export const manifest = JSON.parse(readFileSync(inRoot('package.json'), 'utf8'));

/** What VS Code calls the extension. */
export const extensionId = `${manifest.publisher}.${manifest.name}`;

/** The document that people see first. */
export const firstExample = 'offload-request.dots.json';
