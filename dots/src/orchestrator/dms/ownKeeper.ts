import type { Clock } from '#dots/runtime/clock';
import { SessionKeeper } from '#dots/signal/keeper/sessionKeeper';
import { SignalSession } from '#dots/signal/session';
import { credentialsFor, type CredentialFiles } from '#dots/transport/certificates/credentialFiles';

/** Where a DOTS client inside the orchestrator asks, and as whom. */
export interface OwnClient {
  /** `coaps://127.0.0.1:N` */
  server: string;
  files: CredentialFiles;
  cuid: string;
  clock: Clock;
}

/** The session of a DOTS client inside the orchestrator, kept established. */
export const ownKeeper = ({ server, files, cuid, clock }: OwnClient): SessionKeeper =>
  new SessionKeeper({
    server,
    cuid,
    clock,
    open: async (opening) => SignalSession.open({ cuid, clock, ...(await credentialsFor(server, files)), ...opening }),
  });
