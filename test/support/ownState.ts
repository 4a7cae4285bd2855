import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { removeFolder } from './removeFolder';

/** Tests, and all that they start, have folders of their own: never those of the user who runs them. */
for (const variable of ['XDG_STATE_HOME', 'XDG_RUNTIME_DIR']) {
  const folder = mkdtempSync(join(tmpdir(), 'dots-own-'));
  process.env[variable] = folder;
  process.once('exit', () => removeFolder(folder));
}
