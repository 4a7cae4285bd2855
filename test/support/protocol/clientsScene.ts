import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { DataSession } from '#dots/data/session';
import type { OrchestratorOptions } from '#dots/orchestrator/orchestrator';
import { systemClock } from '#dots/runtime/clock';
import { SignalSession } from '#dots/signal/session';
import { readCredentials } from '#dots/transport/certificates/credentialFiles';
import { openLab, type LabClient } from '#dots/transport/certificates/lab';
import { startOrchestrator, temporaryFolder, type PlainOrchestrator } from './scene';

/** A server, and clients of its lab with a certificate each. */
export interface ClientsScene {
  orchestrator: PlainOrchestrator;
  log: string[];
  signal: (name: string, cuid: string, transport?: 'coaps' | 'coapsTcp') => Promise<SignalSession>;
  data: (name: string, cuid: string) => Promise<DataSession>;
  files: (name: string) => { ca: string; cert: string; key: string };
}

export async function openClients(
  t: TestContext,
  options: (clients: ReadonlyMap<string, LabClient>) => OrchestratorOptions = () => ({}),
): Promise<ClientsScene> {
  const stateDir = await temporaryFolder(t);
  const { clients } = await openLab(join(stateDir, 'lab'), { clients: ['one', 'two', 'three'] });
  const log: string[] = [];
  const orchestrator = await startOrchestrator(t, {
    stateDir,
    clock: systemClock,
    log: (line) => log.push(line),
    ...options(clients),
  });
  const filesOf = (name: string): { ca: string; cert: string; key: string } => {
    const files = clients.get(name);
    assert.ok(files);
    return { ca: orchestrator.ca, cert: files.cert, key: files.key };
  };
  return {
    orchestrator,
    log,
    files: filesOf,
    signal: async (name, cuid, transport = 'coapsTcp') => {
      const server = orchestrator[transport] ?? '';
      const session = await SignalSession.open({
        server,
        cuid,
        credentials: await readCredentials(server, filesOf(name)),
      });
      t.after(() => session.close());
      return session;
    },
    data: async (name, cuid) => {
      const session = await DataSession.open({ server: orchestrator.data, cuid, ...filesOf(name) });
      t.after(() => session.close());
      return session;
    },
  };
}
