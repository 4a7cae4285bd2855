import { createRequire } from 'node:module';
import { join } from 'node:path';
import type * as api from 'vscode';
import { bundled } from './bundle';
import './ownState';
import type * as features from './clientFeatures';
import { root } from './shared';

/** The features of the client, with an editor and a language server in the hands of the test; `alias` replaces more. */
export function loadFeatures(alias: Record<string, string> = {}): typeof features {
  const load = createRequire(__filename);
  return load(
    bundled('test/support/clientFeatures.ts', {
      vscode: join(root, 'test/support/vscode.ts'),
      '#lazy/language': join(root, 'test/support/languageClient.ts'),
      ...alias,
    }),
  ) as typeof features;
}

const silent = (): undefined => undefined;

/** A log that nobody reads. */
export const log = { info: silent, warn: silent, error: silent, debug: silent } as unknown as api.LogOutputChannel;

/** What an extension keeps: settings of the workspace, and secrets. */
export function memory(): api.Memento & api.SecretStorage & { kept: Map<string, string> } {
  const kept = new Map<string, string>();
  const set = (key: string, value: string | undefined): Promise<void> =>
    Promise.resolve(void (value === undefined ? kept.delete(key) : kept.set(key, value)));
  return {
    kept,
    get: (key: string) => kept.get(key),
    update: set,
    store: set,
    delete: (key: string) => set(key, undefined),
  } as never;
}
