import type { ruleMatches } from '#dots/flowspec/packets/evaluate';
import { covers, formatPrefix, type Prefix } from '#dots/model/prefix';
import type { TrafficClass } from '#dots/model/trafficClass';
import { flowsFrom, type Flow } from './flows';
import { NodeTable, type NodeRule, type SampledClass } from './nodeTable';
import { pass, type Parcel } from './passage';
import {
  named,
  placesOf,
  talliesOf,
  type LinkState,
  type MitigationState,
  type NodeState,
  type Places,
} from './places';
import { Random, seedFor } from './random';
import { drawSamples } from './samples';
import { divide, mostBits } from './shares';
import { Tally, type Amount } from './tally';
import type { Topology } from './topology';
import { completeClass, rateAt } from './trafficClass';

/** Loss, as a share, above which the data channel does not get through a link: TCP makes no progress. */
const mostLossOfTcp = 0.3;

/** What became of a class in a second, bits. `sent` is the sum of all others. */
export interface ClassAccount {
  sent: number;
  delivered: number;
  /** By each place that dropped some. */
  dropped: { by: string; bits: number }[];
}

/** The load of a link or a DMS in a second, bits per second. */
export interface Load {
  offered: number;
  capacity: number;
}

/** A class at a DMS in a second, bits: what arrived, and what the DMS dropped of it on purpose. */
export interface Arrival {
  traffic: SampledClass;
  offered: number;
  stopped: number;
}

/** What a rule matched and dropped since it was installed. */
export interface RuleCounters {
  matched: Amount;
  dropped: Amount;
}

/** A class that sends; its rate is that of the last second, bits. */
export interface RunningTraffic extends Pick<SampledClass, 'name' | 'kind' | 'vector' | 'to'> {
  rate: number;
}

interface RunningClass extends SampledClass {
  began: number;
  flows?: Flow[][];
}

/**
 * Simulated traffic in seconds. Within one second rates are constant; traffic passes nodes, diversion, DMSs and links,
 * in this order. Every amount is in whole bits: for each class and second, what was sent is what was delivered and what
 * was dropped, without a remainder. All chance comes from the seed.
 */
export class World {
  private readonly now = { second: -1 };
  private readonly places: Places;
  private readonly classes = new Map<string, RunningClass>();
  private readonly sent = new Tally(this.now);
  private readonly delivered = new Tally(this.now);

  /** @param matches what compares a packet with a rule; tests count its calls */
  constructor(
    topology: Topology,
    private readonly seed: number,
    matches?: typeof ruleMatches,
  ) {
    this.places = placesOf(topology, this.now, () => new NodeTable(this.now, matches));
  }

  /** The second that was simulated last; -1 before the first. */
  get second(): number {
    return this.now.second;
  }

  /** Adds a class, which begins with the next second. Throws RangeError for a link that is unknown. */
  addClass(written: TrafficClass): void {
    this.removeClass(written.name);
    const complete = completeClass(written);
    for (const name of Object.keys(complete.enters ?? {})) named(this.places.links, name);
    const traffic = { ...complete, packets: drawSamples(this.seed, complete), began: this.second + 1 };
    this.classes.set(traffic.name, traffic);
    for (const { table } of this.places.nodes.values()) table.addClass(traffic);
  }

  /** Ends a class. Rules, DMSs and links keep what they counted of it. */
  removeClass(name: string): void {
    if (!this.classes.delete(name)) return;
    for (const { table } of this.places.nodes.values()) table.forgetClass(name);
    for (const tally of this.tallies()) tally.forget(name);
  }

  /** The classes that have not ended, in the order in which they were added. */
  running(): RunningTraffic[] {
    return [...this.classes.values()].map(({ name, kind, vector, to }) => ({
      ...{ name, kind, to, rate: this.sent.bitsOf(name) },
      ...(vector !== undefined && { vector }),
    }));
  }

  /** Gives a node a rule, which acts after the node's seconds; it replaces one with the same id. */
  addRule(node: string, rule: NodeRule): void {
    const state = named(this.places.nodes, node);
    const from = this.second + 1 + (state.node.installSeconds ?? 0);
    state.waiting.delete(rule.id);
    state.waiting.set(rule.id, { rule, from });
    this.installDue(state, this.second + 1);
  }

  /** Removes a rule at once, with its counters. */
  removeRule(node: string, id: string): void {
    const { waiting, table } = named(this.places.nodes, node);
    waiting.delete(id);
    this.changed(table.remove(id));
  }

  /** Diverts a prefix to a DMS by BGP, after its seconds. A redirect by Flowspec is a rule of the nodes. */
  divert(dms: string, prefix: Prefix): void {
    const { diverted, dms: system } = named(this.places.dms, dms);
    const seconds = system.divert.by === 'bgp' ? system.divert.seconds : 0;
    const key = formatPrefix(prefix);
    if (!diverted.has(key)) diverted.set(key, { prefix, from: this.second + 1 + seconds });
  }

  /** Ends a diversion by BGP. */
  restore(dms: string, prefix: Prefix): void {
    named(this.places.dms, dms).diverted.delete(formatPrefix(prefix));
    this.changed(this.classes.keys());
  }

  /** Simulates the next second. */
  step(): void {
    this.now.second += 1;
    for (const state of this.places.nodes.values()) this.installDue(state, this.second);
    this.divertDue();
    for (const { table } of this.places.nodes.values()) table.beginSecond();
    const parcels = [...this.classes.values()].flatMap((traffic) => this.parcelsOf(traffic));
    for (const { flow, bits } of parcels) this.sent.add(flow.traffic, bits);
    pass(parcels, this.places);
    for (const { flow, bits } of parcels) this.delivered.add(flow.traffic, bits);
  }

  /** What became of a class in the last second, whatever has been changed since. */
  account(name: string): ClassAccount {
    const places = this.drops(name).map(({ by, tally }) => ({ by, bits: tally.bitsOf(name) }));
    return {
      sent: this.sent.bitsOf(name),
      delivered: this.delivered.bitsOf(name),
      dropped: places.filter(({ bits }) => bits > 0),
    };
  }

  /** The load of a link in the last second, before its loss. */
  linkLoad(name: string): Load {
    const { link, offered } = named(this.places.links, name);
    return { offered: offered.bits(), capacity: link.capacity };
  }

  /** The load of a DMS in the last second. Its utilisation is `offered / capacity`, above 1 where it is overloaded. */
  dmsLoad(name: string): Load {
    const { dms, offered } = named(this.places.dms, name);
    return { offered: offered.bits(), capacity: dms.capacity };
  }

  /** What a DMS dropped since the beginning: on purpose, and for lack of capacity. */
  dmsDropped(name: string): { stopped: Amount; overloaded: Amount } {
    const { stopped, overloaded } = named(this.places.dms, name);
    return { stopped: stopped.sum(), overloaded: overloaded.sum() };
  }

  /** The classes that arrived at a DMS in the last second, without those that have ended since. */
  arrivalsAt(name: string): Arrival[] {
    const { offered, stopped } = named(this.places.dms, name);
    return [...this.classes.values()]
      .map((traffic) => ({
        traffic,
        offered: offered.bitsOf(traffic.name),
        stopped: stopped.bitsOf(traffic.name),
      }))
      .filter((arrival) => arrival.offered > 0);
  }

  /** The counters of a rule; undefined while it does not act. */
  ruleCounters(node: string, id: string): RuleCounters | undefined {
    const rule = named(this.places.nodes, node).table.rule(id);
    return rule && { matched: rule.matched.sum(), dropped: rule.dropped.sum() };
  }

  /** The bits that were delivered to a target in the last second, of the classes whose destination is within it. */
  deliveredTo(target: Prefix): Record<TrafficClass['kind'], number> {
    const bits = { legitimate: 0, attack: 0 };
    for (const { name, kind, to } of this.classes.values())
      if (covers(target, to)) bits[kind] += this.delivered.bitsOf(name);
    return bits;
  }

  /** The bits of attacks that a rule matched in the last second; undefined while it does not act. */
  attackMatched(node: string, id: string): number | undefined {
    const rule = named(this.places.nodes, node).table.rule(id);
    if (rule === undefined) return undefined;
    let bits = 0;
    for (const name of rule.matched.classes())
      if (this.classes.get(name)?.kind === 'attack') bits += rule.matched.bitsOf(name);
    return bits;
  }

  /** The rules of a node that matched traffic in the last second, by their ids. */
  actingRules(node: string): readonly string[] {
    return named(this.places.nodes, node).table.actingIds;
  }

  /** Whether rules wait to be installed. */
  get isChanging(): boolean {
    return [...this.places.nodes.values()].some(({ waiting }) => waiting.size > 0);
  }

  /** The share of traffic that a link lost in the last second. */
  lossOf(link: string): number {
    const { offered, dropped } = named(this.places.links, link);
    return offered.bits() === 0 ? 0 : dropped.bits() / offered.bits();
  }

  /** Whether a datagram of a DOTS session on a link is lost in this second; `number` distinguishes datagrams of one. */
  isLost(link: string, number: number): boolean {
    const chance = new Random(seedFor(this.seed, `${link} ${this.second} ${number}`));
    return chance.below(1_000_000) < this.lossOf(link) * 1_000_000;
  }

  /** Whether the data channel, which is TCP, gets through a link in this second. */
  dataChannelPasses(link: string): boolean {
    return this.lossOf(link) <= mostLossOfTcp;
  }

  private parcelsOf(traffic: RunningClass): Parcel[] {
    const bits = Math.min(mostBits, rateAt(traffic.rate, this.second - traffic.began));
    if (bits === 0) return [];
    const links = this.entries(traffic);
    traffic.flows ??= links.map(({ link }) => flowsFrom(traffic, link, this.places, this.second));
    const flows = traffic.flows;
    const perLink = divide(
      bits,
      links.map(({ share }) => share),
    );
    return perLink.flatMap((part, index) => parcelsOn(flows[index] ?? [], part));
  }

  /** The links by which a class enters, and its shares. */
  private entries({ enters }: RunningClass): { link: LinkState; share: number }[] {
    const all = [...this.places.links.values()];
    const shares = all.map((link) => ({ link, share: enters === undefined ? 1 : (enters[link.link.name] ?? 0) }));
    return shares.filter(({ share }) => share > 0);
  }

  private installDue({ waiting, table }: NodeState, second: number): void {
    for (const [id, { rule, from }] of waiting) {
      if (from > second) return;
      waiting.delete(id);
      this.changed(table.add(rule));
    }
  }

  private divertDue(): void {
    const begins = ({ diverted }: MitigationState): boolean =>
      [...diverted.values()].some(({ from }) => from === this.second);
    if ([...this.places.dms.values()].some(begins)) this.changed(this.classes.keys());
  }

  /** The ways of these classes are determined again in the next second. */
  private changed(names: Iterable<string>): void {
    for (const name of names) delete this.classes.get(name)?.flows;
  }

  private tallies(): Tally[] {
    return [this.sent, this.delivered, ...talliesOf(this.places)];
  }

  /** The places that may have dropped some of a class. */
  private drops(name: string): { by: string; tally: Tally }[] {
    const { nodes, dms, links } = this.places;
    return [
      ...[...nodes].flatMap(([node, { table }]) =>
        table.rulesTouching(name).map(({ rule, dropped }) => ({ by: `rule ${rule.id} of ${node}`, tally: dropped })),
      ),
      ...[...dms].flatMap(([system, { stopped, overloaded }]) => [
        { by: system, tally: stopped },
        { by: `${system}, overloaded`, tally: overloaded },
      ]),
      ...[...links].map(([link, { dropped }]) => ({ by: `link ${link}`, tally: dropped })),
    ];
  }
}

function parcelsOn(flows: readonly Flow[], bits: number): Parcel[] {
  const parts = divide(
    bits,
    flows.map(({ samples }) => samples),
  );
  return flows.map((flow, index) => ({ flow, bits: parts[index] ?? 0 })).filter((parcel) => parcel.bits > 0);
}
