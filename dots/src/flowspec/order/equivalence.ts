import { printable } from '#dots/model/text';
import type { Comparison, Conflict } from './conflicts';
import { describePacket } from '../packets/packet';
import type { FlowspecFinding } from '../bgp/rule';
import { describeActions } from '../bgp/ruleText';
import type { FlowspecRule, Place } from '../bgp/rule';

/** A packet that the documents and the routers treat differently, all in words. */
export interface Witness {
  packet: string;
  /** The result by the order of the documents, and the entry that decides it. */
  documents: { action: string; source: Place };
  /** The result in routers, and the rule that decides it. */
  routers: { action: string; nlri: string; source: Place };
}

/** Whether routers with the rules treat every packet as the documents say. */
export type Equivalence =
  { proved: true } | { proved: false; witness: Witness } | { proved: 'unknown'; reason: string };

/** Findings after which the rules do not express the documents completely, for reasons outside the packet model. */
const approximations: Record<string, string> = {
  'flowspec/atomic-fragment': 'Flowspec cannot match atomic fragments',
  'flowspec/reserved-bit': 'Flowspec cannot match the reserved bit of the IPv4 header',
  'flowspec/ports-any-protocol': 'ports are requested for any protocol, and Flowspec matches those of TCP and UDP only',
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
 * The answer for rules in the order of the documents, from the comparison of that order with the routers' and from the
 * findings of the translation: if a part of the documents has no exact rule, nothing is proved.
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
      reason: `a part of the documents has no rule (${errors} ${errors === 1 ? 'error' : 'errors'} among the findings)`,
    };
  const witness = conflicts[0] && witnessOf(conflicts[0], rules);
  if (witness !== undefined) return { proved: false, witness };
  const approximated = findings.find(({ code }) => Object.hasOwn(approximations, code));
  const reason = unknown ?? (approximated && approximations[approximated.code]);
  return reason === undefined ? { proved: true } : { proved: 'unknown', reason };
}

/** The name of an entry in text output. */
function placeText({ file, pointer }: Place): string {
  return printable(`${file}#${pointer}`);
}

/** The answer as one sentence. */
export function describeEquivalence(equivalence: Equivalence): string {
  if (equivalence.proved === true) return 'Order: proved that routers treat every packet as the documents say.';
  if (equivalence.proved === 'unknown')
    return `Order: unknown whether routers treat packets as the documents say: ${equivalence.reason}.`;
  const { packet, documents, routers } = equivalence.witness;
  return `Order: routers treat packets differently from the documents. Example: ${packet}; documents: ${documents.action} by ${placeText(documents.source)}; routers: ${routers.action} by ${placeText(routers.source)}.`;
}
