import { DotsServer, type ServerAddresses } from '#dots/dotsServer/listeners/dotsServer';
import type { LabFiles } from '#dots/dotsServer/listeners/labProfiles';
import { defaultPolicy, type Policy as ServerPolicy } from '#dots/dotsServer/state/policy';
import { systemClock, type Clock } from '#dots/runtime/clock';
import type { Policy, PolicyDms } from '#dots/workspace/policy/policy';
import type { DmsFault } from '#dots/words/simulation';
import { DmsMitigator } from './dmsMitigator';
import { faultyChannel } from './faultyChannel';
import type { SimulatedNetwork } from './network';

export interface SimulatedDmsOptions {
  dms: PolicyDms;
  network: SimulatedNetwork;
  /** When an attack counts as over. */
  quiet: Policy['quiet'];
  /** The folder of its state; without one it ends with the DMS. */
  stateDir?: string | undefined;
  clock?: Clock | undefined;
  log?: ((line: string) => void) | undefined;
}

/** A DMS of the lab: a DOTS server on loopback whose mitigations act on the traffic of the simulated network. */
export class SimulatedDms {
  readonly addresses: ServerAddresses;
  /** What its only client, the orchestrator, proves itself with. */
  readonly files: LabFiles;

  private constructor(
    readonly name: string,
    private readonly server: DotsServer,
    private readonly mitigator: DmsMitigator,
    private readonly faults: Faults,
  ) {
    ({ addresses: this.addresses, files: this.files } = server);
  }

  /** Starts a DMS; it is ready when this resolves. Throws as `DotsServer.start` does. */
  static async start(options: SimulatedDmsOptions): Promise<SimulatedDms> {
    const { dms, network, quiet, stateDir, clock = systemClock, log } = options;
    const mitigator = new DmsMitigator({ dms, network, quiet, clock });
    const faults = new Faults();
    try {
      const server = await DotsServer.start(mitigator, {
        clients: [{ name: 'orchestrator' }],
        policy: faults.policy,
        wire: (channel) => faultyChannel(channel, () => faults.current),
        stateDir,
        clock,
        ...(log !== undefined && { log: (line: string) => log(`${dms.name}: ${line}`) }),
      });
      return new SimulatedDms(dms.name, server, mitigator, faults);
    } catch (error) {
      mitigator.close();
      throw error;
    }
  }

  get fault(): DmsFault | undefined {
    return this.faults.current;
  }

  /** Begins a fault; undefined ends it. */
  set fault(fault: DmsFault | undefined) {
    this.faults.begin(fault);
    this.mitigator.fault = fault === 'ends' || fault === 'never-effective' ? fault : undefined;
  }

  /** Whether it carries out a mitigation. */
  get isMitigating(): boolean {
    return this.mitigator.isActive;
  }

  /** Ends every session, timer and socket. */
  async close(): Promise<void> {
    await this.server.close();
    this.mitigator.close();
  }
}

class Faults {
  current: DmsFault | undefined;
  /**
   * A DMS that refuses is one that is full. A withdrawal ends a mitigation at once: the orchestrator has let it go on
   * for a while already (RFC 9132 section 4.4.4).
   */
  readonly policy: ServerPolicy = {
    ...defaultPolicy,
    timing: { ...defaultPolicy.timing, terminatingMs: 0 },
    limits: { ...defaultPolicy.limits },
  };

  begin(fault: DmsFault | undefined): void {
    this.current = fault;
    this.policy.limits.entriesPerClient = fault === 'refuses' ? 0 : defaultPolicy.limits.entriesPerClient;
  }
}
