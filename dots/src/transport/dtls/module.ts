import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DotsError } from '#dots/model/errors';
import { compile, type CompiledModule } from './webassembly';

/**
 * Where the module may be: beside the bundle that this file is part of, or, when it runs from its source, where the
 * build puts it. A bundle looks nowhere else: others may be able to write above its folder.
 */
export function placesFrom(folder: string): string[] {
  const fromSource = folder.endsWith(join('dots', 'src', 'transport', 'dtls'));
  return [join(folder, fromSource ? '../../../../dist/dtls.wasm' : 'dtls.wasm')];
}

let compiled: Promise<CompiledModule> | undefined;

/**
 * Mbed TLS, compiled once per process, and only when DTLS is used: reading one file and about 50 ms of work, which need
 * not be interruptible. Throws a DotsError of kind `usage`: `transport/dtls-module-missing`.
 */
export function dtlsModule(): Promise<CompiledModule> {
  compiled ??= load(placesFrom(__dirname)).catch((error: unknown) => {
    compiled = undefined;
    throw error;
  });
  return compiled;
}

/** Compiles the first of the files that exists. */
export async function load(files: readonly string[]): Promise<CompiledModule> {
  for (const place of files) {
    const bytes = await readFile(place).catch(() => undefined);
    if (bytes !== undefined) return compile(bytes);
  }
  throw new DotsError(
    'usage',
    'transport/dtls-module-missing',
    'DTLS is not built here: dtls.wasm is missing.',
    'Run npm run build; if it cannot fetch the source of Mbed TLS, set MBEDTLS_SOURCE to its archive or folder.',
  );
}
