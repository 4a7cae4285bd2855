import { mkdir } from 'node:fs/promises';
import type { StoredDecision } from '#dots/dotsServer/state/decisions';
import { signalPort } from '#dots/flowspec/packets/sessions';
import { systemClock } from '#dots/runtime/clock';
import { DotsServer, type DotsServerOptions, type NamedClient } from '#dots/dotsServer/listeners/dotsServer';
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
import { builtInPolicy } from './builtInPolicy';
import { PolicyMitigator } from './policyMitigator';
import type { Scrubbers } from './scrubbing';
import { Simulation } from './simulation';
import type { Policy } from '#dots/workspace/policy/policy';

export type { AliasView, FilterView, MitigationView } from './overview';
export type { RulesInForce } from './rulesInForce';
export type { Simulation, SimulationView } from './simulation';

export interface OrchestratorOptions extends DotsServerOptions {
  /** Who mitigates, and how, in a simulated network; default: one node filters what every client asks for. */
  orchestrator?: Policy | undefined;
}

/** A DOTS server for loopback that mitigates in a simulated network, as a policy says. */
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
  private closing: Promise<void> | undefined;

  private constructor(
    private readonly server: DotsServer,
    private readonly mitigator: PolicyMitigator,
    private readonly options: SystemsOptions,
  ) {
    ({ signal: this.signal, coaps: this.coaps, coapsTcp: this.coapsTcp, data: this.data } = server.addresses);
    ({ ca: this.ca, cert: this.cert, key: this.key, profiles: this.profiles } = server.files);
    if (mitigator.policy !== builtInPolicy) this.simulation = new Simulation(mitigator, () => server.snapshot());
  }

  /** Starts an orchestrator; it is ready when this resolves. Throws as `DotsServer.start` does. */
  static async start(options: OrchestratorOptions = {}): Promise<Orchestrator> {
    const { clock = systemClock, log = () => undefined, orchestrator: policy = builtInPolicy } = options;
    const mitigator = new PolicyMitigator({ policy, clock, log });
    try {
      const systems = await openSystems(mitigator, { ...options, clock, log });
      mitigator.scrubbers = systems;
      const server = await DotsServer.start(mitigator, { ...pathsOf(mitigator), ...options });
      mitigator.signalPorts = portsOf(server, systems);
      systems?.offload((name) => offloadServer(name, server, mitigator.policy));
      return new Orchestrator(server, mitigator, options);
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
    return this.mitigator.tables.of(node);
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
    return this.mitigator.scrubbers?.addresses ?? new Map();
  }

  /**
   * Calls back when a mitigation, an ACL or an alias is created, changed or removed; the returned function ends that.
   */
  onDidChange(listener: () => void): () => void {
    return this.server.onDidChange(listener);
  }

  /**
   * Follows another policy from now on: new requests are decided by it, running ones keep what was decided for them.
   * Throws as `start` does; then the policy before stays in use.
   * @param clients those of the policy
   */
  async adopt(policy: Policy, clients: readonly NamedClient[]): Promise<void> {
    const { mitigator, server } = this;
    await server.redefine(clients);
    await mitigator.scrubbers?.adopt(policy.dms);
    mitigator.adopt(policy);
    if (mitigator.scrubbers === undefined) {
      mitigator.scrubbers = await openSystems(mitigator, this.options);
      mitigator.scrubbers?.resumed();
    }
    mitigator.signalPorts = portsOf(server, mitigator.scrubbers);
    mitigator.scrubbers?.offload((name) => offloadServer(name, server, policy));
  }

  /** Ends every session, timer and socket; a second call ends no more. Everything that was acknowledged is stored. */
  close(): Promise<void> {
    return (this.closing ??= this.end());
  }

  private async end(): Promise<void> {
    await this.server.close();
    await this.mitigator.scrubbers?.close();
    this.mitigator.close();
  }
}

type SystemsOptions = Pick<OrchestratorOptions, 'stateDir' | 'clock' | 'log'>;

/** The DMSs of a policy; undefined where it has none. */
async function openSystems(
  { policy, network }: PolicyMitigator,
  { stateDir, clock, log }: SystemsOptions,
): Promise<MitigationSystems | undefined> {
  if (policy.dms.length === 0) return undefined;
  // Their folders are within that of the orchestrator, which is for its user alone.
  if (stateDir !== undefined) await mkdir(stateDir, { recursive: true, mode: 0o700 });
  return MitigationSystems.open({ policy, network, stateDir, clock, log });
}

/** The ports of DOTS sessions: the usual one, those of the server and those of its DMSs. */
function portsOf({ addresses }: DotsServer, systems: Scrubbers | undefined): number[] {
  const { signal, coaps, coapsTcp } = addresses;
  const servers = [signal, coaps, coapsTcp, ...(systems?.addresses.values() ?? [])].filter((url) => url !== undefined);
  return [...new Set([signalPort, ...servers.map((url) => Number(new URL(url).port))])];
}

/** Messages of clients whose path is a link are datagrams of the simulated world, and their TCP takes it too. */
function pathsOf(mitigator: PolicyMitigator): Pick<DotsServerOptions, 'wire' | 'reaches'> {
  const links = new InBandLinks(mitigator.world);
  const pathOf = (client: string | undefined): string | undefined =>
    mitigator.policy.clients.find(({ name }) => name === client)?.path;
  return {
    wire: (channel, client) => {
      const path = pathOf(client);
      return path === undefined ? channel : links.channel(channel, path);
    },
    reaches: (client) => {
      const path = pathOf(client);
      return path === undefined || mitigator.world.dataChannelPasses(path);
    },
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
