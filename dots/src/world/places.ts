import { covers, parsePrefix, type Prefix } from '#dots/model/prefix';
import type { NodeTable } from './nodeTable';
import { type NodeRule } from './nodeTable';
import { Tally, type Now } from './tally';
import { prefixOf } from './trafficClass';
import type { ForwardingNode, Link, MitigationSystem, Topology } from './topology';

/** A link, and what arrived at it and was lost on it. */
export class LinkState {
  readonly offered: Tally;
  readonly dropped: Tally;

  constructor(
    public link: Link,
    now: Now,
  ) {
    this.offered = new Tally(now);
    this.dropped = new Tally(now);
  }
}

/** A forwarding node, its table, and the rules that do not act yet. */
export class NodeState {
  /** In the order in which they begin to act. */
  readonly waiting = new Map<string, { rule: NodeRule; from: number }>();

  constructor(
    public node: ForwardingNode,
    readonly table: NodeTable,
  ) {}
}

/** A DMS, the prefixes that BGP diverts to it and since when, and what became of the traffic. */
export class MitigationState {
  readonly diverted = new Map<string, { prefix: Prefix; from: number }>();
  readonly offered: Tally;
  /** What it dropped on purpose: attacks that it stops, and the legitimate traffic that it harms. */
  readonly stopped: Tally;
  /** What was beyond its capacity. */
  readonly overloaded: Tally;
  private links: ReadonlySet<string> = new Set();
  private prefixes: readonly Prefix[] = [];

  constructor(
    public dms: MitigationSystem,
    now: Now,
  ) {
    this.offered = new Tally(now);
    this.stopped = new Tally(now);
    this.overloaded = new Tally(now);
  }

  /** It is from now on what a topology says, whose links have these names. */
  adopt(dms: MitigationSystem, linkNames: ReadonlySet<string>): void {
    this.dms = dms;
    this.links = new Set(dms.carries.filter((each) => linkNames.has(each)));
    this.prefixes = dms.carries.filter((each) => !linkNames.has(each)).map(prefixOf);
  }

  /** Whether traffic that enters by a link, to a destination, can be diverted to it. */
  carries(link: string, destination: Prefix): boolean {
    return this.links.has(link) || this.prefixes.some((prefix) => covers(prefix, destination));
  }
}

/** The places that traffic passes, by name. */
export interface Places {
  links: ReadonlyMap<string, LinkState>;
  nodes: ReadonlyMap<string, NodeState>;
  dms: ReadonlyMap<string, MitigationState>;
}

/**
 * The places of a topology; throws RangeError for one that names what it does not define.
 * @param before places whose states are taken over by name; nodes and DMSs that only they have are places too
 */
export function placesOf({ links, nodes, dms }: Topology, now: Now, table: () => NodeTable, before?: Places): Places {
  const names = new Set(links.map(({ name }) => name));
  const used = [
    ...nodes.flatMap((node) => node.links),
    ...dms.flatMap(({ reinject }) => (reinject.by === 'gre' ? [reinject.link] : [])),
  ];
  for (const name of used) if (!names.has(name)) throw unknownName(name);
  const [earlierNodes, earlierDms] = [[...(before?.nodes.values() ?? [])], [...(before?.dms.values() ?? [])]];
  const allNodes = withRetired(
    nodes,
    earlierNodes.map(({ node }) => node),
  );
  const allDms = withRetired(
    dms,
    earlierDms.map((state) => retired(state.dms, names)),
  );
  const linkOf = (link: Link): LinkState =>
    Object.assign(before?.links.get(link.name) ?? new LinkState(link, now), { link });
  const nodeOf = (node: ForwardingNode): NodeState =>
    Object.assign(before?.nodes.get(node.name) ?? new NodeState(node, table()), { node });
  const dmsOf = (system: MitigationSystem): MitigationState => {
    const state = before?.dms.get(system.name) ?? new MitigationState(system, now);
    state.adopt(system, names);
    return state;
  };
  return {
    links: new Map(links.map((link) => [link.name, linkOf(link)])),
    nodes: new Map(allNodes.map((node) => [node.name, nodeOf(node)])),
    dms: new Map(allDms.map((system) => [system.name, dmsOf(system)])),
  };
}

/** The places that a topology has, and those that only an earlier one had. */
function withRetired<T extends { name: string }>(now: readonly T[], before: readonly T[]): T[] {
  const names = new Set(now.map(({ name }) => name));
  return [...now, ...before.filter(({ name }) => !names.has(name))];
}

/** A DMS of an earlier topology, without the links that are gone. */
function retired(system: MitigationSystem, links: ReadonlySet<string>): MitigationSystem {
  const carries = system.carries.filter((each) => links.has(each) || parsePrefix(each) !== undefined);
  const { reinject } = system;
  return { ...system, carries, ...(reinject.by === 'gre' && !links.has(reinject.link) && { reinject: direct }) };
}

const direct = { by: 'direct' } as const;

/** Every tally of the places that is not one of a rule. */
export function talliesOf({ links, dms }: Places): Tally[] {
  return [
    ...[...links.values()].flatMap(({ offered, dropped }) => [offered, dropped]),
    ...[...dms.values()].flatMap(({ offered, stopped, overloaded }) => [offered, stopped, overloaded]),
  ];
}

/** The place with a name. Throws RangeError where nothing has it: names of a policy have been checked. */
export function named<T>(places: ReadonlyMap<string, T>, name: string): T {
  const place = places.get(name);
  if (place === undefined) throw unknownName(name);
  return place;
}

const unknownName = (name: string): RangeError => new RangeError(`Nothing is called "${name}" in this world.`);
