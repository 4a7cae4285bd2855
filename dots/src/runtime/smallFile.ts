import { readFileSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';

/**
 * The content of a small local file, such as a certificate. A file on a disk is read at once: through the threads of
 * Node.js that takes several times as long. A pipe is waited for. Rejects with an error of the file system.
 */
export async function readSmallFile(path: string): Promise<Buffer> {
  return statSync(path).isFile() ? readFileSync(path) : readFile(path);
}
