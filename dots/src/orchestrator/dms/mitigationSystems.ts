import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DotsError } from '#dots/model/errors';
import type { JsonObject } from '#dots/model/json';
import { systemClock, type Clock } from '#dots/runtime/clock';
import { Ledger } from '#dots/signal/ledgerFolder';
import { dmsFaults, type DmsFault } from '#dots/words/simulation';
import type { Policy, PolicyDms } from '#dots/workspace/policy/policy';
import { DmsClient, type DmsAddress, type DmsState } from './dmsClient';
import type { SimulatedNetwork } from './network';
import { Offloader, type OffloadServer } from './offloader';
import { SimulatedDms } from './simulatedDms';

export interface MitigationSystemsOptions {
  policy: Pick<Policy, 'dms' | 'quiet'>;
  network: SimulatedNetwork;
  /** The folder of the orchestrator's state; without one that of the DMSs ends with them. */
  stateDir?: string | undefined;
  /** How DMSs with `server: profile NAME` are reached, by the name of the profile. */
  profiles?: ReadonlyMap<string, DmsAddress> | undefined;
  clock?: Clock | undefined;
  log?: ((line: string) => void) | undefined;
}

/** How long a DMS may take after its diversion until it is effective, milliseconds. */
const effectiveMs = 60_000;

/**
 * The DMSs of a policy, and the orchestrator as their DOTS client (RFC 8903 section 3.3). No method but `open` and
 * `close` waits, and none of the others throws but `setFault`.
 */
export class MitigationSystems {
  /** The signal channel of each DMS by its name: `coaps://127.0.0.1:N`. */
  readonly addresses: ReadonlyMap<string, string>;

  private readonly offloaders: Offloader[] = [];

  private constructor(
    private readonly clients: ReadonlyMap<string, DmsClient>,
    private readonly simulated: ReadonlyMap<string, SimulatedDms>,
    addresses: ReadonlyMap<string, DmsAddress>,
    private readonly ledger: Ledger,
    private readonly options: MitigationSystemsOptions,
    private readonly closeFolder: () => Promise<void>,
  ) {
    this.addresses = new Map([...addresses].map(([name, { server }]) => [name, server]));
  }

  /**
   * Starts the simulated DMSs; they are ready when this resolves. Requests are sent after `resumed`. Throws a DotsError
   * of kind `usage`: `orchestrator/dms-profile` for a profile that is not known, and as `DotsServer.start` and
   * `Ledger.open` do.
   */
  static async open(options: MitigationSystemsOptions): Promise<MitigationSystems> {
    const { stateDir, clock = systemClock, log = () => undefined } = options;
    const folder = stateDir ?? (await mkdtemp(join(tmpdir(), 'dots-dms-')));
    const closeFolder = (): Promise<void> =>
      stateDir === undefined ? rm(folder, { recursive: true, force: true }) : Promise.resolve();
    const simulated = new Map<string, SimulatedDms>();
    try {
      const addresses = new Map<string, DmsAddress>();
      for (const dms of options.policy.dms) addresses.set(dms.name, await addressOf(dms, simulated, options));
      const ledger = await Ledger.open(join(folder, 'ledger'), log, clock);
      const clients = options.policy.dms.map((dms): [string, DmsClient] => {
        const address = addresses.get(dms.name) as DmsAddress;
        const patience = effectiveMs + (dms.divert.by === 'bgp' ? dms.divert.seconds * 1000 : 0);
        return [dms.name, new DmsClient({ name: dms.name, ...address, ledger, effectiveMs: patience, clock, log })];
      });
      return new MitigationSystems(new Map(clients), simulated, addresses, ledger, options, closeFolder);
    } catch (error) {
      for (const dms of simulated.values()) await dms.close();
      await closeFolder();
      throw error;
    }
  }

  /** Why a DMS cannot be asked now; undefined: it can. */
  obstacle(dms: string): string | undefined {
    const client = this.clients.get(dms);
    return client === undefined ? 'is not in the policy that is in use' : client.obstacle;
  }

  /**
   * Asks a DMS for a scope, in which no alias is named, observes and refreshes it until `end`. What was asked in an
   * earlier run is taken up, and not asked twice.
   * @param report receives each change; nothing after status 7
   */
  start(
    dms: string,
    { id, scope }: { id: string; scope: JsonObject },
    report: (state: DmsState) => void,
  ): { end(): void } {
    const client = this.clients.get(dms);
    if (client === undefined) {
      report({ status: 7, reason: 'is not in the policy that is in use' });
      return { end: () => undefined };
    }
    client.want(id, scope, report);
    return { end: () => client.drop(id) };
  }

  /** The requests of an earlier run have been started: what none of them needs is withdrawn. */
  resumed(): void {
    for (const client of this.clients.values()) client.start();
  }

  /**
   * Simulated DMSs with `offload-above` ask for offload from now on.
   * @param serverFor where a DMS asks, by its name; undefined: it is no client of the orchestrator
   */
  offload(serverFor: (dms: string) => OffloadServer | undefined): void {
    const { policy, network, clock = systemClock, log = () => undefined } = this.options;
    for (const dms of policy.dms) {
      const [system, server] = [this.simulated.get(dms.name), serverFor(dms.name)];
      if (system === undefined || server === undefined || dms.offloadAbove === undefined) continue;
      const isNeeded = (): boolean => system.isMitigating;
      this.offloaders.push(new Offloader({ ...server, dms, network, isNeeded, ledger: this.ledger, clock, log }));
    }
  }

  /** Begins a fault of a simulated DMS; undefined ends it. Throws a DotsError `orchestrator/fault`. */
  setFault(name: string, fault: string | undefined): void {
    const dms = this.simulated.get(name);
    const known = dmsFaults.find((each) => each === fault);
    if (dms === undefined) throw unknownFault(`"${name}" is no simulated DMS`, [...this.simulated.keys()]);
    if (fault !== undefined && known === undefined) throw unknownFault(`"${fault}" is no fault of a DMS`, dmsFaults);
    dms.fault = known;
  }

  /** The fault of a simulated DMS; undefined: it has none. */
  faultOf(dms: string): DmsFault | undefined {
    return this.simulated.get(dms)?.fault;
  }

  /** Ends all sessions and DMSs. What a DMS with a state folder has is there after the next start. */
  async close(): Promise<void> {
    await Promise.all(this.offloaders.map((offloader) => offloader.close()));
    await Promise.all([...this.clients.values()].map((client) => client.close()));
    await Promise.all([...this.simulated.values()].map((dms) => dms.close()));
    await this.closeFolder();
  }
}

/** Where a DMS is reached; a simulated one is started for that. */
async function addressOf(
  dms: PolicyDms,
  simulated: Map<string, SimulatedDms>,
  { policy: { quiet }, network, stateDir, profiles, clock, log }: MitigationSystemsOptions,
): Promise<DmsAddress> {
  const { name, profile } = dms;
  if (profile !== undefined) return profiles?.get(profile) ?? unknownProfile(name, profile);
  const folder = stateDir && join(stateDir, 'dms', name);
  const system = await SimulatedDms.start({ dms, network, quiet, stateDir: folder, clock, log });
  simulated.set(name, system);
  const { addresses, files } = system;
  return { server: addresses.coaps ?? addresses.coapsTcp, files, cuid: 'orchestrator' };
}

function unknownProfile(dms: string, profile: string): never {
  throw new DotsError(
    'usage',
    'orchestrator/dms-profile',
    `The DMS "${dms}" is reached by the profile "${profile}", which cannot be used.`,
    'Use a profile of a server on this machine, allow it by --real, or use "simulated".',
  );
}

function unknownFault(what: string, names: readonly DmsFault[] | readonly string[]): DotsError {
  return new DotsError('usage', 'orchestrator/fault', `${what}.`, `Choose one of: ${names.join(', ')}.`);
}
