import { encodeAction } from '../bgp/communities';
import { listRule, type ListedRule } from './conflicts';
import type { Draft, Entry } from '../packets/draft';
import { encodeComponents, nlriOf } from '../bgp/nlri';
import { partsKey } from '../bgp/order';
import { describeActions, describeRule } from '../bgp/ruleText';
import type { FlowspecRule } from '../bgp/rule';

/** A rule in the order of first-match evaluation, with the entry it comes from. */
export interface EncodedRule {
  draft: Draft;
  nlri: string;
  entry: Entry;
  listed: ListedRule;
  /** Further entries that have the same rule. */
  shared?: Entry[];
}

/** Encodes a rule of an entry. Throws FlowspecError if it has no NLRI. */
export function makeRule(draft: Draft, entry: Entry): EncodedRule {
  const { components, family } = draft;
  const parts = encodeComponents(components, family);
  const listed = listRule(components, family, describeActions(entry.actions), partsKey(parts));
  return { draft, nlri: nlriOf(parts), entry, listed };
}

/** How routers identify a rule: of two rules with the same key only one can be announced. */
export function keyOf({ draft, nlri }: EncodedRule): string {
  return `${draft.family} ${nlri}`;
}

function communities({ actions }: Entry): Pick<FlowspecRule, 'extendedCommunities' | 'ipv6ExtendedCommunities'> {
  const encoded = actions.map(encodeAction);
  const ipv6 = encoded.filter((hex) => hex.length === 40);
  return {
    extendedCommunities: encoded.filter((hex) => hex.length === 16),
    ...(ipv6.length > 0 && { ipv6ExtendedCommunities: ipv6 }),
  };
}

/** The rule as announced. */
export function announced({ draft, nlri, entry, shared }: EncodedRule): FlowspecRule {
  return {
    ...draft,
    nlri,
    actions: entry.actions,
    ...communities(entry),
    text: describeRule(draft.components, entry.actions),
    source: entry.source,
    ...(shared !== undefined && { shared: shared.map(({ source }) => source) }),
  };
}
