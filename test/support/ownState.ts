import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Tests, and all that they start, have a state folder of their own: never that of the user who runs them. */
const folder = mkdtempSync(join(tmpdir(), 'dots-state-'));
process.env.XDG_STATE_HOME = folder;
process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
