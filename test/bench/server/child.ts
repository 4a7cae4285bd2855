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

/** Of the process since the last message, milliseconds: by the clock, and of processor time where it was watched. */
export interface Turns {
  longestTurnMs: number;
  longestTurnCpuMs: number;
}

const many = 64_000_000;
const raised = Object.fromEntries(Object.keys(defaultPolicy.limits).map((name) => [name, many])) as unknown as Limits;

/** Measures the processor time of each turn of the event loop; meanwhile the loop does not wait. */
class TurnWatch {
  longest = 0;
  private isOn = false;

  begin(): void {
    [this.longest, this.isOn] = [0, true];
    let last = process.cpuUsage();
    const turn = (): void => {
      const { user, system } = process.cpuUsage(last);
      this.longest = Math.max(this.longest, (user + system) / 1000);
      last = process.cpuUsage();
      if (this.isOn) setImmediate(turn);
    };
    setImmediate(turn);
  }

  end(): void {
    this.isOn = false;
  }
}

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
  const turns = new TurnWatch();
  process.on('message', (asked) => {
    if (asked === 'watch') turns.begin();
    process.send?.({ longestTurnMs: delay.max / 1e6, longestTurnCpuMs: turns.longest } satisfies Turns);
    if (asked !== 'watch') turns.end();
    delay.reset();
  });
  process.on('disconnect', () => void orchestrator.close());
  const { coaps = '', coapsTcp, data, signal = '', ca, cert, key } = orchestrator;
  process.send?.({ coaps, coapsTcp, data, signal, ca, cert, key, startMs } satisfies Ready);
}

void main(process.argv.slice(2));
