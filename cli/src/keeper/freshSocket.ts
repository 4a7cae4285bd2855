import type { PrivateFolder } from '#dots/runtime/privateFolder';
import { newPipe } from '#dots/sessionSocket/newPipe';
import { UsageError } from '../command';

/**
 * What to listen on under a name in a folder: nothing listens on an old one, because this process has the lock of the
 * folder. Throws UsageError where the name is of something else.
 */
export async function freshSocket(folder: PrivateFolder, name: string): Promise<string> {
  const path = folder.pathOf(name);
  await folder.remove(name).catch(() => {
    throw new UsageError(`${path} exists, and is not a socket of yours.`, 'Remove it.');
  });
  if (process.platform !== 'win32') return path;
  const pipe = newPipe();
  await folder.write(name, pipe);
  return pipe;
}
