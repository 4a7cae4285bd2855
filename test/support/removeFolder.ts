import { rmSync } from 'node:fs';

const [attempts, pauseMs] = [40, 50];

/**
 * Removes a folder with all that is in it. A process that a test has started may still be writing there: hooks run in
 * the order in which they were entered, so it is killed after the folders that were made before it are removed. What
 * it adds meanwhile makes the removal fail, which is then repeated. Throws the error of the last attempt.
 */
export function removeFolder(path: string): void {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return rmSync(path, { recursive: true, force: true });
    } catch (error) {
      if (attempt === attempts) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, pauseMs);
    }
  }
}
