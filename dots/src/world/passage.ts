import type { Action } from '#dots/flowspec/bgp/rule';
import { grouped } from '#dots/model/grouped';
import type { Flow } from './flows';
import type { InstalledRule } from './nodeTable';
import { named, type LinkState, type MitigationState, type Places } from './places';
import { passing } from './shares';
import type { Tally } from './tally';

/** The bits of a flow that are still on their way in a second. */
export interface Parcel {
  flow: Flow;
  bits: number;
}

/** Lets the parcels of one second pass nodes, DMSs and links, in this order; they keep what is delivered. */
export function pass(parcels: readonly Parcel[], places: Places): void {
  passNodes(parcels, places);
  for (const [system, arrived] of grouped(parcels, ({ flow }) => flow.dms)) if (system) passDms(arrived, system);
  for (const [link, arrived] of grouped(parcels, (parcel) => lastLink(parcel, places))) passLink(arrived, link);
}

/** What a DMS returns takes its GRE tunnel, everything else the link by which it enters. */
function lastLink({ flow: { link, dms } }: Parcel, { links }: Places): LinkState {
  const reinject = dms?.dms.reinject;
  return reinject?.by === 'gre' ? named(links, reinject.link) : link;
}

/** Rules act in the order in which packets meet them: node by node, in the order of each table. */
function passNodes(parcels: readonly Parcel[], { nodes }: Places): void {
  const matched = new Map<InstalledRule, Parcel[]>();
  for (const parcel of parcels)
    for (const rule of parcel.flow.rules) {
      const group = matched.get(rule);
      if (group === undefined) matched.set(rule, [parcel]);
      else group.push(parcel);
    }
  for (const { table } of nodes.values())
    for (const rule of table.act(matched.keys())) passRule(matched.get(rule) as Parcel[], rule);
}

function passRule(parcels: readonly Parcel[], { rule, matched, dropped }: InstalledRule): void {
  count(parcels, matched);
  limit(parcels, shareWithin(parcels, rule.actions), dropped);
}

/** The share that a rule lets pass: of several rates the lowest decides. */
function shareWithin(parcels: readonly Parcel[], actions: readonly Action[]): number {
  const octets = parcels.reduce((sum, { bits }) => sum + bits / 8, 0);
  const packets = parcels.reduce((sum, { bits, flow }) => sum + bits / 8 / flow.traffic.length, 0);
  let share = 1;
  for (const action of actions) {
    if (action.kind === 'traffic-rate-bytes') share = Math.min(share, within(action.rate, octets));
    if (action.kind === 'traffic-rate-packets') share = Math.min(share, within(action.rate, packets));
  }
  return share;
}

const within = (capacity: number, amount: number): number => (amount > capacity ? capacity / amount : 1);

function passDms(parcels: readonly Parcel[], { dms, offered, overloaded, stopped }: MitigationState): void {
  count(parcels, offered);
  limit(parcels, within(dms.capacity, totalOf(parcels)), overloaded);
  for (const parcel of parcels) {
    const { kind, vector } = parcel.flow.traffic;
    if (kind === 'legitimate') limit([parcel], 1 - (dms.harms ?? 0), stopped);
    else if (vector !== undefined && dms.stops.includes(vector)) limit([parcel], dms.misses ?? 0, stopped);
  }
}

function passLink(parcels: readonly Parcel[], { link, offered, dropped }: LinkState): void {
  count(parcels, offered);
  limit(parcels, within(link.capacity, totalOf(parcels)), dropped);
}

const totalOf = (parcels: readonly Parcel[]): number => parcels.reduce((sum, { bits }) => sum + bits, 0);

function count(parcels: readonly Parcel[], tally: Tally): void {
  for (const { bits, flow } of parcels) tally.add(flow.traffic, bits);
}

/** Lets only a share of all parcels pass, of each in proportion, and counts the rest. */
function limit(parcels: readonly Parcel[], share: number, dropped: Tally): void {
  if (share >= 1) return;
  const passed = passing(
    parcels.map(({ bits }) => bits),
    share,
  );
  for (const [index, parcel] of parcels.entries()) {
    const left = passed[index] ?? 0;
    dropped.add(parcel.flow.traffic, parcel.bits - left);
    parcel.bits = left;
  }
}
