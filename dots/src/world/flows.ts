import { routeTargetText } from '#dots/flowspec/bgp/communities';
import { hostPrefix, covers } from '#dots/model/prefix';
import type { InstalledRule, SampledClass } from './nodeTable';
import type { LinkState, MitigationState, Places } from './places';
import { samplesWhere, sizeOfSet, type SampleSet } from './sampleSet';
import { sampleCount } from './samples';

/** The part of a class that enters by one link and has the same way: a number of its samples. */
export interface Flow {
  traffic: SampledClass;
  samples: number;
  link: LinkState;
  /** The rules that act on it, node by node. */
  rules: readonly InstalledRule[];
  /** Where it is diverted to. */
  dms: MitigationState | undefined;
}

const everySample: SampleSet = (1n << BigInt(sampleCount)) - 1n;

/** The ways that a class takes from one link in a second. */
export function flowsFrom(traffic: SampledClass, link: LinkState, places: Places, second: number): Flow[] {
  const { name } = link.link;
  let parts: Pick<Part, 'samples' | 'rules'>[] = [{ samples: everySample, rules: [] }];
  for (const { node, table } of places.nodes.values()) {
    if (!node.links.includes(name)) continue;
    parts = parts.flatMap(({ samples, rules }) =>
      table
        .treatments(traffic.name, samples)
        .map((treatment) => ({ samples: treatment.samples, rules: [...rules, ...treatment.rules] })),
    );
  }
  return parts
    .flatMap((part) => diverted(part, traffic, name, places, second))
    .map(({ samples, rules, dms }) => ({ traffic, samples: sizeOfSet(samples), link, rules, dms }));
}

interface Part {
  samples: SampleSet;
  rules: readonly InstalledRule[];
  dms: MitigationState | undefined;
}

/** Splits a part by diversion: a redirect rule on the way decides, otherwise the first DMS that BGP diverts to. */
function diverted(
  { samples, rules }: Pick<Part, 'samples' | 'rules'>,
  traffic: SampledClass,
  link: string,
  { dms: systems }: Places,
  second: number,
): Part[] {
  const target = redirectOf(rules);
  const redirecting = [...systems.values()].find(
    ({ dms: { divert } }) => divert.by === 'flowspec-redirect' && divert.routeTarget === target,
  );
  const parts: Part[] = [];
  let rest = samples;
  for (const system of redirecting === undefined ? systems.values() : [redirecting]) {
    const to = rest & destinationsOf(system, traffic, link, second, system === redirecting);
    if (to !== 0n) parts.push({ samples: to, rules, dms: system });
    rest &= ~to;
  }
  return rest === 0n ? parts : [...parts, { samples: rest, rules, dms: undefined }];
}

/** The samples whose destination a DMS can act on here and, without a redirect, that BGP diverts to it. */
function destinationsOf(
  system: MitigationState,
  { packets }: SampledClass,
  link: string,
  second: number,
  isRedirected: boolean,
): SampleSet {
  const active = [...system.diverted.values()].filter(({ from }) => from <= second);
  if (!isRedirected && active.length === 0) return 0n;
  return samplesWhere(packets, ({ destination }) => {
    const host = hostPrefix(destination);
    return system.carries(link, host) && (isRedirected || active.some(({ prefix }) => covers(prefix, host)));
  });
}

/** The route target to which the last redirecting rule on the way sends packets, as text. */
function redirectOf(rules: readonly InstalledRule[]): string | undefined {
  for (const { rule } of [...rules].reverse())
    for (const action of rule.actions)
      if (action.kind === 'rt-redirect' || action.kind === 'rt-redirect-ipv6') return routeTargetText(action);
  return undefined;
}
