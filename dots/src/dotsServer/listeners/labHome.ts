import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loopbackName } from '#dots/transport/address';
import { openLab, type Lab } from '#dots/transport/certificates/lab';
import { makeStateFolder } from '../state/store';

/** The lab of a server, and how to close it. */
export interface LabHome {
  lab: Lab;
  /** Removes the files of a lab that only this server used. */
  close: () => Promise<void>;
}

/**
 * The lab in the state folder of the server; without one it is private and ends with the server. Its certificates are valid by the
 * date of the machine, not by that of a clock: OpenSSL, which verifies them for TLS, uses no other.
 * Throws a DotsError of kind `usage`: `transport/lab-folder`, `orchestrator/state-folder`.
 */
export async function openLabHome(host: string, stateDir: string | undefined): Promise<LabHome> {
  const names = [loopbackName(host)];
  if (stateDir !== undefined) {
    const folder = join(stateDir, 'lab');
    await makeStateFolder(folder);
    return { lab: await openLab(folder, { names }), close: () => Promise.resolve() };
  }
  const folder = await mkdtemp(join(tmpdir(), 'dots-lab-'));
  const close = (): Promise<void> => rm(folder, { recursive: true, force: true });
  try {
    return { lab: await openLab(folder, { names }), close };
  } catch (error) {
    await close();
    throw error;
  }
}
