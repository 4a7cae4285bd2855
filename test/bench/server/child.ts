import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Orchestrator } from '#dots/orchestrator/orchestrator';
import { defaultPolicy, type Limits } from '#dots/dotsServer/state/policy';

/** What the process says of itself when it is ready. */
export interface Ready {
  coaps: string;
  coapsTcp: string;
  data: string;
  signal: string;
  ca: string;
  cert: string;
  key: string;
  /** From the call to the last socket. */
  startMs: number;
}

/** Of the process since the last message, milliseconds. */
export interface Turns {
  longestTurnMs: number;
}

const many = 64_000_000;
const raised = Object.fromEntries(Object.keys(defaultPolicy.limits).map((name) => [name, many])) as unknown as Limits;

/** The orchestrator in a process of its own: the arguments are its state folder, or "", and "raised" for no limits. */
async function main([stateDir, limits]: string[]): Promise<void> {
  const policy = limits === 'raised' ? { ...defaultPolicy, limits: raised } : defaultPolicy;
  const started = performance.now();
  const orchestrator = await Orchestrator.start({
    policy,
    plain: true,
    stateDir: stateDir === '' ? undefined : stateDir,
  });
  const startMs = performance.now() - started;
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  process.on('message', () => {
    process.send?.({ longestTurnMs: delay.max / 1e6 } satisfies Turns);
    delay.reset();
  });
  process.on('disconnect', () => void orchestrator.close());
  const { coaps = '', coapsTcp, data, signal = '', ca, cert, key } = orchestrator;
  process.send?.({ coaps, coapsTcp, data, signal, ca, cert, key, startMs } satisfies Ready);
}

void main(process.argv.slice(2));
