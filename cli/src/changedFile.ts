import { readFileSync, watch } from 'node:fs';
import { basename, dirname } from 'node:path';

/** How long a file has to be unchanged until it is read: editors write it in several steps, milliseconds. */
const quietMs = 100;

/**
 * Calls back after each change of a file's content, also where another file replaces it, and on SIGHUP; one call at a
 * time. The returned function ends that.
 */
export function onChange(file: string, changed: () => Promise<void>): () => void {
  let before = contentOf(file);
  let work = Promise.resolve();
  let timer: NodeJS.Timeout | undefined;
  const again = (): void => void (work = work.then(changed));
  const compare = (): void => {
    const now = contentOf(file);
    // A file that is missing is being replaced.
    if (now === undefined || now === before) return;
    before = now;
    again();
  };
  const watcher = watch(dirname(file), (_, name) => {
    if (name !== null && name !== basename(file)) return;
    clearTimeout(timer);
    timer = setTimeout(compare, quietMs);
  });
  // Where a folder cannot be watched any more, SIGHUP is left.
  watcher.on('error', () => undefined);
  process.on('SIGHUP', again);
  return () => {
    clearTimeout(timer);
    watcher.close();
    process.off('SIGHUP', again);
  };
}

function contentOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
