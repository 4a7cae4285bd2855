import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loopbackName } from '#dots/transport/connect/address';
import { openLab, type Lab } from '#dots/transport/certificates/lab';
import type { Tell } from '#dots/runtime/privateFolder';

/** The lab of an orchestrator, and how to leave it. */
export interface LabHome {
  lab: Lab;
  /** Removes what only served this orchestrator. */ leave: () => Promise<void>;
}

/**
 * The lab in the folder of the orchestrator's state; without one it is private and ends with the orchestrator. Its certificates are valid by
 * the date of the machine, not by that of a clock: OpenSSL, which judges them for TLS, knows no other.
 * `tell` hears what was changed or made anew because others could have known or changed it.
 * Throws a DotsError of kind `usage`: `transport/lab-folder`, `runtime/not-private`.
 */
export async function enterLab(host: string, stateDir: string | undefined, tell: Tell): Promise<LabHome> {
  const temporary = stateDir === undefined ? await mkdtemp(join(tmpdir(), 'dots-lab-')) : undefined;
  const leave = async (): Promise<void> => {
    if (temporary !== undefined) await rm(temporary, { recursive: true, force: true });
  };
  try {
    return {
      lab: await openLab(temporary ?? join(stateDir ?? '', 'lab'), { names: [loopbackName(host)], tell }),
      leave,
    };
  } catch (error) {
    await leave();
    throw error;
  }
}
