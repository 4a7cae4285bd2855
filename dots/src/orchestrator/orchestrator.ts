import { mkdir } from 'node:fs/promises';
import type { StoredDecision } from '#dots/dotsServer/state/decisions';
import { systemClock } from '#dots/runtime/clock';
import { DotsServer, type DotsServerOptions } from '#dots/dotsServer/listeners/dotsServer';
import {
  aliasViews,
  filterViews,
  mitigationViews,
  type AliasView,
  type FilterView,
  type MitigationView,
} from './overview';
import { rulesInForce, type RulesInForce } from './rulesInForce';
import { InBandLinks } from './dms/inBandChannel';
import { MitigationSystems } from './dms/mitigationSystems';
import type { OffloadServer } from './dms/offloader';
import type { TableRule } from './nodeTables';
import { PolicyMitigator } from './policyMitigator';
import { Simulation } from './simulation';
import { SimulatedMitigator, type SimulationTiming } from './simulatedMitigator';
import type { Policy } from '#dots/workspace/policy/policy';

export type { AliasView, FilterView, MitigationView } from './overview';
export type { RulesInForce } from './rulesInForce';
export type { Simulation, SimulationView } from './simulation';

export interface OrchestratorOptions extends DotsServerOptions {
  /** Who mitigates, and how, in a simulated network; default: every request is met by a simulated attack of its own. */
  orchestrator?: Policy | undefined;
  /** The timing of simulated attacks where there is no policy. */
  simulation?: SimulationTiming;
}

/** A DOTS server with a simulated mitigator, which follows a policy if there is one, for loopback. */
export class Orchestrator {
  /** The plain signal channel: `coap://127.0.0.1:N`; undefined where it is not offered. */
  readonly signal: string | undefined;
  /** The signal channel over DTLS: `coaps://127.0.0.1:N`; undefined if the DTLS module was not built. */
  readonly coaps: string | undefined;
  /** The signal channel over TLS: `coaps+tcp://127.0.0.1:N`. */
  readonly coapsTcp: string;
  /** The data channel: `https://127.0.0.1:N`. */
  readonly data: string;
  /** The files that a client of the secure channels needs: the CA to trust, a client certificate and its key. */
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
  /** The file of profiles that name all that: `lab`, and one for each client that the lab issued a certificate for. */
  readonly profiles: string;
  /** The simulated network of its policy; undefined: there is no policy. */
  readonly simulation: Simulation | undefined;

  private constructor(
    private readonly server: DotsServer,
    private readonly mitigator: PolicyMitigator | SimulatedMitigator,
  ) {
    ({ signal: this.signal, coaps: this.coaps, coapsTcp: this.coapsTcp, data: this.data } = server.addresses);
    ({ ca: this.ca, cert: this.cert, key: this.key, profiles: this.profiles } = server.files);
    if (this.followed !== undefined) this.simulation = new Simulation(this.followed, () => server.snapshot());
  }

  /** Starts an orchestrator; it is ready when this resolves. Throws as `DotsServer.start` does. */
  static async start(options: OrchestratorOptions = {}): Promise<Orchestrator> {
    const { clock = systemClock, log = () => undefined, orchestrator: policy } = options;
    return policy === undefined
      ? Orchestrator.withoutPolicy(new SimulatedMitigator(clock, options.simulation), options)
      : Orchestrator.withPolicy(new PolicyMitigator({ policy, clock, log }), { ...options, clock, log });
  }

  private static async withoutPolicy(mitigator: SimulatedMitigator, options: DotsServerOptions): Promise<Orchestrator> {
    try {
      return new Orchestrator(await DotsServer.start(mitigator, options), mitigator);
    } catch (error) {
      mitigator.close();
      throw error;
    }
  }

  private static async withPolicy(mitigator: PolicyMitigator, options: OrchestratorOptions): Promise<Orchestrator> {
    try {
      const systems = await openSystems(mitigator, options);
      mitigator.scrubbers = systems;
      const server = await DotsServer.start(mitigator, { wire: wireOf(mitigator), ...options });
      systems?.offload((name) => offloadServer(name, server, mitigator.policy));
      return new Orchestrator(server, mitigator);
    } catch (error) {
      await mitigator.scrubbers?.close();
      mitigator.close();
      throw error;
    }
  }

  /** The current state of every mitigation of every client. */
  mitigations(): MitigationView[] {
    return mitigationViews(this.server.snapshot());
  }

  /** Every ACL of every client, and whether it is active now. */
  filters(): FilterView[] {
    return filterViews(this.server.snapshot());
  }

  /** Every alias of every client. */
  aliases(): AliasView[] {
    return aliasViews(this.server.snapshot());
  }

  /**
   * The Flowspec rules in force, of all clients: active ACLs, then mitigations.
   * @param node of one forwarding node alone
   */
  flowspec(node?: string): RulesInForce {
    return rulesInForce(this.server.snapshot(), node);
  }

  /** The rules that a forwarding node has, each with the documents that need it. */
  table(node: string): TableRule[] {
    return this.followed?.tables.of(node) ?? [];
  }

  /** The decisions that are stored, the oldest first. */
  decisions(): StoredDecision[] {
    return this.server.decisions();
  }

  /** The names of the clients that the lab has issued a certificate for: each has a profile of its name. */
  get clients(): string[] {
    return [...this.server.files.clients.keys()];
  }

  /** The signal channel of each DMS, by its name. */
  get dms(): ReadonlyMap<string, string> {
    return this.followed?.scrubbers?.addresses ?? new Map();
  }

  /**
   * Calls back when a mitigation, an ACL or an alias is created, changed or removed; the returned function ends that.
   */
  onDidChange(listener: () => void): () => void {
    return this.server.onDidChange(listener);
  }

  /** Ends every session, timer and socket. Everything that was acknowledged is stored. */
  async close(): Promise<void> {
    await this.server.close();
    await this.followed?.scrubbers?.close();
    this.mitigator.close();
  }

  /** The mitigator that follows a policy; undefined: there is none. */
  private get followed(): PolicyMitigator | undefined {
    return this.mitigator instanceof PolicyMitigator ? this.mitigator : undefined;
  }
}

/** The DMSs of a policy; undefined where it has none. */
async function openSystems(
  { policy, network }: PolicyMitigator,
  { stateDir, clock, log }: Pick<OrchestratorOptions, 'stateDir' | 'clock' | 'log'>,
): Promise<MitigationSystems | undefined> {
  if (policy.dms.length === 0) return undefined;
  // Their folders are within that of the orchestrator, which is for its user alone.
  if (stateDir !== undefined) await mkdir(stateDir, { recursive: true, mode: 0o700 });
  return MitigationSystems.open({ policy, network, stateDir, clock, log });
}

/** Messages of clients whose path is a link are datagrams of the simulated world. */
function wireOf({ policy, world }: PolicyMitigator): DotsServerOptions['wire'] {
  const links = new InBandLinks(world);
  return (channel, client) => {
    const path = policy.clients.find(({ name }) => name === client)?.path;
    return path === undefined ? channel : links.channel(channel, path);
  };
}

/** Where a DMS that is a client of the policy asks for offload, and as whom. */
function offloadServer(dms: string, { addresses, files }: DotsServer, policy: Policy): OffloadServer | undefined {
  const proof = files.clients.get(dms);
  const client = policy.clients.find(({ name, role }) => name === dms && role === 'dms');
  if (proof === undefined || client === undefined) return undefined;
  const { coaps, coapsTcp, data } = addresses;
  return { signal: coaps ?? coapsTcp, data, files: proof, cuid: proof.cuid, path: client.path };
}
