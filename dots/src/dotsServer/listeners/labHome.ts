import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loopbackName } from '#dots/transport/address';
import { openLab, type Lab } from '#dots/transport/certificates/lab';
import type { Notify } from '#dots/runtime/privateFolder';

/** The lab of a server, and how to close it. */
export interface LabHome {
  lab: Lab;
  /** The same lab with certificates for other further clients. Rejects as `openLabHome` does. */
  reopen: (clients: readonly string[]) => Promise<Lab>;
  /** Removes the files of a lab that only this server used. */
  close: () => Promise<void>;
}

export interface LabHomeOptions {
  host: string;
  stateDir: string | undefined;
  /** The further clients that have a certificate of it. */
  clients: readonly string[];
  /** Receives a sentence for what was changed, or made anew, because others could have known or changed it. */
  notify: Notify;
}

/**
 * The lab in the state folder of the server; without one it is private and ends with the server. Its certificates are
 * valid by the date of the machine, not by that of a clock: OpenSSL, which verifies them for TLS, uses no other. Throws
 * a DotsError of kind `usage`: `transport/lab-folder`, `runtime/not-private`.
 */
export async function openLabHome({ host, stateDir, clients, notify }: LabHomeOptions): Promise<LabHome> {
  const options = { names: [loopbackName(host)], clients, notify };
  const opened = async (folder: string, close: LabHome['close']): Promise<LabHome> => ({
    lab: await openLab(folder, options),
    reopen: (others) => openLab(folder, { ...options, clients: others }),
    close,
  });
  if (stateDir !== undefined) return opened(join(stateDir, 'lab'), () => Promise.resolve());
  const folder = await mkdtemp(join(tmpdir(), 'dots-lab-'));
  const close = (): Promise<void> => rm(folder, { recursive: true, force: true });
  try {
    return await opened(folder, close);
  } catch (error) {
    await close();
    throw error;
  }
}
