import { printable } from '#dots/model/text';
import type { Comparison, Conflict } from './conflicts';
import { describePacket } from '../packets/packet';
import type { FlowspecFinding } from '../bgp/rule';
import { describeActions } from '../bgp/ruleText';
import type { FlowspecRule, Place } from '../bgp/rule';

/** A packet that the documents and the routers treat differently, all in words. */
export interface Witness {
  packet: string;
  /** What the order of the documents says, and which entry says it. */
  documents: { action: string; source: Place };
  /** What routers do, and by which rule. */
  routers: { action: string; nlri: string; source: Place };
}

/** Whether routers with the rules do with every packet what the documents say. */
export type Equivalence =
  { proved: true } | { proved: false; witness: Witness } | { proved: 'unknown'; reason: string };

/** Findings after which the rules are not the whole of what the documents say, for reasons that packets as modelled do not show. */
const approximations: Record<string, string> = {
  'flowspec/atomic-fragment': 'Flowspec cannot see atomic fragments',
  'flowspec/reserved-bit': 'Flowspec cannot see the reserved bit of the IPv4 header',
  'flowspec/ports-any-protocol': 'ports were asked for in any protocol, and Flowspec sees those of TCP and UDP only',
};

function witnessOf({ first, routersFirst, packet }: Conflict, rules: readonly FlowspecRule[]): Witness | undefined {
  const [listed, routers] = [rules[first], rules[routersFirst]];
  if (listed === undefined || routers === undefined) return undefined;
  return {
    packet: describePacket(packet),
    documents: { action: describeActions(listed.actions), source: listed.source },
    routers: { action: describeActions(routers.actions), nlri: routers.nlri, source: routers.source },
  };
}

/**
 * The answer for rules in the order of the documents, from the comparison of that order with the routers' and from what
 * the translation found: where something asked for has no exact rule, nothing is proved.
 */
export function equivalenceOf(
  rules: readonly FlowspecRule[],
  { conflicts, unknown }: Comparison,
  findings: readonly FlowspecFinding[],
): Equivalence {
  const errors = findings.filter(({ severity }) => severity === 'error').length;
  if (errors > 0)
    return {
      proved: 'unknown',
      reason: `something that was asked for has no rule (${errors} ${errors === 1 ? 'error' : 'errors'} among the findings)`,
    };
  const witness = conflicts[0] && witnessOf(conflicts[0], rules);
  if (witness !== undefined) return { proved: false, witness };
  const approximated = findings.find(({ code }) => Object.hasOwn(approximations, code));
  const reason = unknown ?? (approximated && approximations[approximated.code]);
  return reason === undefined ? { proved: true } : { proved: 'unknown', reason };
}

/** An entry as a line of text names it. */
function placeText({ file, pointer }: Place): string {
  return printable(`${file}#${pointer}`);
}

/** The answer as one sentence. */
export function describeEquivalence(equivalence: Equivalence): string {
  if (equivalence.proved === true) return 'Order: proved that routers do with every packet what the documents say.';
  if (equivalence.proved === 'unknown')
    return `Order: not known whether routers do what the documents say: ${equivalence.reason}.`;
  const { packet, documents, routers } = equivalence.witness;
  return `Order: routers do not do what the documents say. Witness: ${packet}; documents: ${documents.action} by ${placeText(documents.source)}; routers: ${routers.action} by ${placeText(routers.source)}.`;
}
