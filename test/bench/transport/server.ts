import { Orchestrator } from '#dots/orchestrator/orchestrator';

/** Memory of this process, bytes. */
export interface Memory {
  resident: number;
  /** Of JavaScript, with what it holds outside of its heap. */ heap: number;
}

/** What the process says of itself when it is ready. */
export interface Ready {
  coaps: string;
  coapsTcp: string;
  ca: string;
  cert: string;
  key: string;
}

/** Collects garbage first, because what is about to be collected belongs to no session; needs --expose-gc. */
function memory(): Memory {
  for (let round = 0; round < 3; round += 1) globalThis.gc?.();
  const { rss, heapUsed, external } = process.memoryUsage();
  return { resident: rss, heap: heapUsed + external };
}

/** The orchestrator in a process of its own, which answers each message of its parent with its memory. */
async function main(): Promise<void> {
  const orchestrator = await Orchestrator.start();
  const { coaps = '', coapsTcp, ca, cert, key } = orchestrator;
  process.on('message', () => process.send?.(memory()));
  process.on('disconnect', () => void orchestrator.close());
  process.send?.({ coaps, coapsTcp, ca, cert, key } satisfies Ready);
}

void main();
