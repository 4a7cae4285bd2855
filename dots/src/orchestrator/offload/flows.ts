import type { VectorName } from '#dots/model/attackVectors';
import { formatPrefix, type Prefix } from '#dots/model/prefix';

/** What the packets of a flow have in common. What attackers vary, or an ACL leaves open, is absent. */
export interface FlowMembers {
  target: Prefix;
  protocol: number;
  /** A reflector, or another sender that does not forge its address. */
  source?: Prefix;
  /** The port of the abused service: the flow is one of a reflection attack. */
  sourcePort?: number;
  targetPort?: number;
}

/** Traffic that a DMS blocks. */
export interface BlockedFlow extends FlowMembers {
  vector: VectorName;
  /** Bits per second. */
  rate: number;
}

/** The way of the messages from a DMS to the orchestrator: over a link of its own, or the one under attack. */
export type OffloadPath = 'out-of-band' | 'in-band';

/** Of so many sources and ports a request that fits into a datagram may have each. */
export const mostListed = 16;

/** Whether a flow is one of a reflection attack. */
const isReflection = ({ sourcePort }: FlowMembers): boolean => sourcePort !== undefined;

/** Flows with the same members have the same text. */
export function flowKey({ target, protocol, source, sourcePort, targetPort }: FlowMembers): string {
  const members = [formatPrefix(target), protocol, source && formatPrefix(source), sourcePort, targetPort];
  return members.map((member) => member ?? '*').join(' ');
}

/** A flow without its source: all that a message can say of it where the sources are too many or forged. */
function withoutSource({ target, protocol, sourcePort, targetPort, vector, rate }: BlockedFlow): BlockedFlow {
  const ports = { ...(sourcePort !== undefined && { sourcePort }), ...(targetPort !== undefined && { targetPort }) };
  return { target, protocol, ...ports, vector, rate };
}

/**
 * The flows as a message over a path describes them (draft-hayashi-dots-dms-offload-usecase-01 figure 3): out-of-band
 * with all members. In-band the sources of reflection attacks where they are few, the source port of others, and the
 * port of the target for all other attacks. Flows that become equal by that are one, with the sum of their rates.
 */
export function described(flows: readonly BlockedFlow[], path: OffloadPath): BlockedFlow[] {
  const reflectors = reflectorsByTarget(flows);
  const isNamed = (flow: BlockedFlow): boolean =>
    path === 'out-of-band' || (isReflection(flow) && (reflectors.get(targetKey(flow))?.size ?? 0) <= mostListed);
  return merged(flows.map((flow) => (isNamed(flow) ? flow : withoutSource(flow))));
}

const targetKey = ({ target }: FlowMembers): string => formatPrefix(target);

function reflectorsByTarget(flows: readonly BlockedFlow[]): Map<string, Set<string>> {
  const reflectors = new Map<string, Set<string>>();
  for (const flow of flows.filter(isReflection)) {
    const known = reflectors.get(targetKey(flow)) ?? new Set();
    reflectors.set(targetKey(flow), known.add(flow.source === undefined ? '' : formatPrefix(flow.source)));
  }
  return reflectors;
}

function merged(flows: readonly BlockedFlow[]): BlockedFlow[] {
  const byKey = new Map<string, BlockedFlow>();
  for (const flow of flows) {
    const known = byKey.get(flowKey(flow));
    byKey.set(flowKey(flow), known === undefined ? flow : { ...known, rate: known.rate + flow.rate });
  }
  return [...byKey.values()];
}
