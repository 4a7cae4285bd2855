import type * as vscode from 'vscode';
import type { Installed } from '#dots/data/session';
import type { JsonObject } from '#dots/model/json';
import type { SettledTarget } from './serverTargets';

/** The installed document, and the answer. */
export interface Installation {
  installed: Installed;
  cuid: string;
  server: string;
  profile: string;
}

/** The DOTS data channel of the editor. */
export class DataHost {
  constructor(private readonly log: vscode.LogOutputChannel) {}

  /** Installs aliases or ACLs at a target. Throws a DotsError. */
  async install(
    { profile, server, cuid, files, permit }: SettledTarget,
    document: JsonObject,
    signal: AbortSignal,
  ): Promise<Installation> {
    const { DataSession } = await import('#lazy/protocol');
    const session = await DataSession.open({ server, cuid, permit, ...(files ?? { ca: '' }) });
    try {
      const installed = await session.install(document, { signal });
      for (const { request, status, roundTripMs } of installed.answers)
        this.log.info(`${request.method} ${request.path} -> ${status} (${Math.round(roundTripMs)} ms)`);
      return { installed, cuid, server, profile };
    } finally {
      await session.close();
    }
  }
}
