import type * as vscode from 'vscode';
import type { Announce, Installed } from '#dots/data/session';
import type { JsonObject } from '#dots/model/json';
import type { SettledTarget } from './serverTargets';

/** The installed document, and the answer. */
export interface Installation {
  installed: Installed;
  /** What was replaced, in lines; empty where everything was new. */
  difference: string[];
  cuid: string;
  server: string;
  profile: string;
}

/** The DOTS data channel of the editor. */
export class DataHost {
  constructor(private readonly log: vscode.LogOutputChannel) {}

  /**
   * Installs aliases or ACLs at a target; the log has the difference before an entry is replaced. Throws a DotsError.
   */
  async install(
    { profile, server, cuid, files, permit, credentials }: SettledTarget,
    document: JsonObject,
    signal: AbortSignal,
  ): Promise<Installation> {
    const { changeLines, DataSession } = await import('#lazy/protocol');
    const session = await DataSession.open({
      server,
      cuid,
      permit,
      serverName: credentials.serverName,
      ...(files ?? { ca: '' }),
    });
    const difference: string[] = [];
    const announce: Announce = (changes) => {
      difference.push(...changeLines(changes));
      for (const line of difference) this.log.info(line);
    };
    try {
      const installed = await session.install(document, { signal, announce });
      for (const { request, status, roundTripMs } of installed.answers)
        this.log.info(`${request.method} ${request.path} -> ${status} (${Math.round(roundTripMs)} ms)`);
      return { installed, difference, cuid, server, profile };
    } finally {
      await session.close();
    }
  }
}
