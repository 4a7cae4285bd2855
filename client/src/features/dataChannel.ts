import type * as vscode from 'vscode';
import type { Installed } from '#dots/data/session';
import type { JsonObject } from '#dots/model/json';
import type { ClientIdentity } from './identity';
import type { OrchestratorHost } from './orchestrator';

/** What was installed, and what came back. */
export interface Installation { installed: Installed; cuid: string; server: string }

/** The DOTS data channel of the editor: to the mock orchestrator, with the client certificate of its lab. */
export class DataHost {
  constructor(private readonly orchestrator: OrchestratorHost, private readonly identity: ClientIdentity, private readonly log: vscode.LogOutputChannel) {}

  /** Installs aliases or ACLs on the mock, which is started where it is not running. Throws a DotsError. */
  async install(document: JsonObject, signal: AbortSignal): Promise<Installation> {
    const { data: server, ca, cert, key } = await this.orchestrator.start();
    const { DataSession } = await import('#dots/data/session');
    const cuid = await this.identity.cuid();
    const session = await DataSession.open({ server, ca, cert, key, cuid });
    try {
      const installed = await session.install(document, { signal });
      for (const { request, status, roundTripMs } of installed.answers) this.log.info(`${request.method} ${request.path} -> ${status} (${Math.round(roundTripMs)} ms)`);
      return { installed, cuid, server };
    } finally {
      await session.close();
    }
  }
}
