import { covers, type Prefix } from '#dots/model/prefix';
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
    readonly link: Link,
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
    readonly node: ForwardingNode,
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
  private readonly links: ReadonlySet<string>;
  private readonly prefixes: readonly Prefix[];

  constructor(
    readonly dms: MitigationSystem,
    linkNames: ReadonlySet<string>,
    now: Now,
  ) {
    this.offered = new Tally(now);
    this.stopped = new Tally(now);
    this.overloaded = new Tally(now);
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

/** The places of a topology; throws RangeError for one that names what it does not define. */
export function placesOf({ links, nodes, dms }: Topology, now: Now, table: () => NodeTable): Places {
  const names = new Set(links.map(({ name }) => name));
  const used = [
    ...nodes.flatMap((node) => node.links),
    ...dms.flatMap(({ reinject }) => (reinject.by === 'gre' ? [reinject.link] : [])),
  ];
  for (const name of used) if (!names.has(name)) throw unknownName(name);
  return {
    links: new Map(links.map((link) => [link.name, new LinkState(link, now)])),
    nodes: new Map(nodes.map((node) => [node.name, new NodeState(node, table())])),
    dms: new Map(dms.map((each) => [each.name, new MitigationState(each, names, now)])),
  };
}

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
