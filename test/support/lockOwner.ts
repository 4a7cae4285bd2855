import { FolderLock } from '#dots/runtime/folderLock';
import { PrivateFolder } from '#dots/runtime/privateFolder';

/**
 * A process of its own: takes the lock of the folder that its argument names, says `taken` or why not, and lives until
 * it is killed.
 */
async function takeLock(path: string): Promise<void> {
  try {
    await FolderLock.take(await PrivateFolder.open(path));
    console.log('taken');
  } catch (error) {
    console.log(error instanceof Error ? error.message : String(error));
  }
}

setInterval(() => undefined, 1000);
void takeLock(process.argv[2] ?? '');
