import type { Permit } from '#dots/model/hostAddress';
import type { ChosenCuid } from '#dots/signal/cuids';
import type { Ledger } from '#dots/signal/ledgerFolder';
import type { CredentialFiles } from '#dots/transport/certificates/credentialFiles';
import type { ServerTarget } from '#dots/workspace/destination';

/** A target with all that is needed to send to it. */
export interface SettledTarget extends ServerTarget {
  cuid: string;
  /** Where the cuid is from. */
  cuidSource: ChosenCuid['source'];
  /** What has its requests. */
  ledger: Ledger;
  timeoutMs: number;
  /** What the client proves itself with: what the command line names, else what the profile names. */
  credentialFiles: CredentialFiles;
  /**
   * Keeps it from production servers under other names; absent where no profile is of production, or where --yes was
   * given.
   */
  permit?: Permit | undefined;
}

/** A target before it is settled as which client. */
export type AnonymousTarget = Omit<SettledTarget, 'cuid' | 'cuidSource' | 'ledger'> & { cuid?: string };
