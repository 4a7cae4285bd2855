import type * as vscode from 'vscode';
import { DotsError } from '#dots/model/errors';

/** The ports of the mock on both channels; 0 selects a free one. */
export interface Ports {
  securePort: number;
  dataPort: number;
}

const memoryKey = 'dots.orchestratorPorts';

/**
 * Starts the mock on the ports of its last start in this workspace where none are configured: the ledger knows a server
 * by its address, so that its mitigations can be renewed after it was started again. Where one of them is taken by
 * now, free ones are selected. Throws what `start` throws.
 */
export async function onRememberedPorts<T>(
  memory: vscode.Memento,
  configured: Ports,
  start: (ports: Ports) => Promise<T>,
): Promise<T> {
  const before = memory.get<Ports>(memoryKey);
  const wanted = {
    securePort: configured.securePort || (before?.securePort ?? 0),
    dataPort: configured.dataPort || (before?.dataPort ?? 0),
  };
  try {
    return await start(wanted);
  } catch (error) {
    const isTaken = error instanceof DotsError && error.code === 'transport/port-in-use';
    const isConfigured = wanted.securePort === configured.securePort && wanted.dataPort === configured.dataPort;
    if (!isTaken || isConfigured) throw error;
    return start(configured);
  }
}

/** Remembers the ports that a start has selected, by its addresses. */
export function rememberPorts(memory: vscode.Memento, signal: string, data: string): Thenable<void> {
  const portOf = (address: string): number => Number(/:(\d+)\/?$/.exec(address)?.[1] ?? 0);
  const ports: Ports = { securePort: portOf(signal), dataPort: portOf(data) };
  return memory.update(memoryKey, ports);
}
