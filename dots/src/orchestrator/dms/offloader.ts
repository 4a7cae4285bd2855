import { DataSession } from '#dots/data/session';
import { describeError } from '#dots/model/errors';
import { isObject, itemsOf, type JsonObject } from '#dots/model/json';
import { formatPrefix } from '#dots/model/prefix';
import type { Clock } from '#dots/runtime/clock';
import type { SessionKeeper } from '#dots/signal/keeper/sessionKeeper';
import type { Ledger } from '#dots/signal/ledgerFolder';
import type { PolicyDms } from '#dots/workspace/policy/policy';
import { blockedFlows } from '../offload/blockedFlows';
import { flowKey, type BlockedFlow } from '../offload/flows';
import { aclName, families, planOffload, type OffloadPlan } from '../offload/plan';
import { DmsRequests } from './dmsRequests';
import type { SimulatedNetwork } from './network';
import { ownKeeper } from './ownKeeper';

/** Where a DMS asks for offload, and as whom. */
export interface OffloadServer {
  /** The signal channel of the orchestrator. */
  signal: string;
  /** Its data channel. */
  data: string;
  files: { ca: string; cert: string; key: string };
  cuid: string;
  /** The link that the messages take; undefined: out-of-band. */
  path: string | undefined;
}

export interface OffloaderOptions extends OffloadServer {
  dms: PolicyDms;
  network: SimulatedNetwork;
  /** Whether the DMS carries out a mitigation. */
  isNeeded: () => boolean;
  ledger: Ledger;
  clock: Clock;
  log: (line: string) => void;
}

const nothing: OffloadPlan = { requests: [], left: [] };

/**
 * A DMS as a DOTS client of the orchestrator (RFC 8903 section 3.3; draft-hayashi-dots-dms-offload-usecase-01): above
 * its `offload-above` it asks that what it blocks be dropped by the nodes, for as long as it mitigates. What the nodes
 * drop does not arrive any more, so what was asked for stays asked for.
 */
export class Offloader {
  private readonly flows = new Map<string, BlockedFlow>();
  private readonly keeper: SessionKeeper;
  private readonly requests: DmsRequests;
  private readonly unlisten: () => void;
  private plan = nothing;
  /** ACLs that the orchestrator may have: those of an earlier run at first. */
  private installed: string[];
  private work: Promise<void> | undefined;
  private isDue = false;
  private isOver = false;
  /** As the policy that is in use describes it. */
  dms: PolicyDms;

  constructor(private readonly options: OffloaderOptions) {
    const { dms, signal: server, files, cuid, network, ledger, clock } = options;
    this.dms = dms;
    this.keeper = ownKeeper({ server, files, cuid, clock });
    const client = ledger.client({ cuid, address: 'coaps://orchestrator', source: 'configured' });
    this.requests = new DmsRequests({ name: dms.name, keeper: this.keeper, client, clock });
    this.unlisten = network.onSecond(() => this.second());
    this.installed = families.map((family) => aclName(aclsOf(dms), family));
    this.ask(nothing);
  }

  /** Resolves when everything that is due was asked. */
  async settled(): Promise<void> {
    while (this.work !== undefined) await this.work;
  }

  /** Ends the sessions. What was asked for continues until its lifetime is over. */
  async close(): Promise<void> {
    this.isOver = true;
    this.unlisten();
    await this.keeper.close();
    await this.settled();
  }

  private second(): void {
    const { dms } = this;
    const { network, isNeeded } = this.options;
    if (!isNeeded()) return this.end();
    const { offered, capacity } = network.world.dmsLoad(dms.name);
    if (offered <= capacity * (dms.offloadAbove ?? Infinity)) return;
    const flows = blockedFlows(network.world.arrivalsAt(dms.name), dms.stops);
    const added = flows.filter((flow) => !this.flows.has(flowKey(flow)));
    for (const flow of added) this.flows.set(flowKey(flow), flow);
    if (added.length > 0) this.ask(this.planned());
  }

  private end(): void {
    if (this.flows.size === 0) return;
    this.flows.clear();
    this.ask(nothing);
  }

  private planned(): OffloadPlan {
    const { path, network } = this.options;
    return planOffload({
      flows: [...this.flows.values()],
      path: path === undefined ? 'out-of-band' : 'in-band',
      dataChannel: path === undefined || network.world.dataChannelPasses(path),
      name: aclsOf(this.dms),
    });
  }

  private ask(plan: OffloadPlan): void {
    this.plan = plan;
    for (const { flow, reason } of plan.left)
      this.log(`not offloaded: ${flow.vector} to ${formatPrefix(flow.target)}, ${reason}`);
    this.isDue = true;
    this.work ??= this.untilDone().finally(() => {
      this.work = undefined;
    });
  }

  private async untilDone(): Promise<void> {
    while (this.isDue && !this.isOver) {
      this.isDue = false;
      const { plan } = this;
      await this.signal(plan).catch((error: unknown) => this.log(describeError(error)));
      await this.data(plan).catch((error: unknown) => this.log(describeError(error)));
    }
  }

  private async signal({ requests }: OffloadPlan): Promise<void> {
    const wanted = requests.map(({ document }) => ({ document, demands: [] }));
    for (const request of wanted) {
      const outcome = await this.requests.request(request);
      if ('reason' in outcome) this.log(`the orchestrator ${outcome.reason}`);
    }
    await this.requests.withdrawOthers(wanted);
  }

  /** ACLs of the same name are replaced. */
  private async data({ acls }: OffloadPlan): Promise<void> {
    const names = acls === undefined ? [] : namesIn(acls);
    const gone = this.installed.filter((name) => !names.includes(name));
    if (acls === undefined && gone.length === 0) return;
    const { data: server, files, cuid } = this.options;
    const session = await DataSession.open({ ...files, server, cuid });
    try {
      const answer = acls && (await session.install(acls)).answer;
      if (answer?.ok === false)
        this.log(`the orchestrator refuses the ACLs: ${answer.errors[0]?.message ?? answer.status}`);
      for (const name of gone) await session.remove('acls', name);
      this.installed = names;
    } finally {
      await session.close();
    }
  }

  private log(line: string): void {
    this.options.log(`DMS ${this.dms.name}: ${line}`);
  }
}

const aclsOf = ({ name }: PolicyDms): string => `offload-${name}`;

const namesIn = (acls: JsonObject): string[] =>
  Object.values(acls)
    .flatMap((body) => (isObject(body) ? itemsOf(body.acl) : []))
    .flatMap((acl) => (isObject(acl) ? [String(acl.name)] : []));
