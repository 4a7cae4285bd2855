import type { JsonObject } from '#dots/model/json';
import { grouped } from '#dots/model/grouped';
import { formatPrefix, overlaps, type Family } from '#dots/model/prefix';
import { aclsFor, requestFor, switchFor, type Activation, type OffloadAcl } from './documents';
import { described, flowKey, mostListed } from './flows';
import type { BlockedFlow, FlowMembers, OffloadPath } from './flows';

/** An ACL that a DMS has installed in peacetime: the flows name no sources. */
export type PreparedAcl = Pick<OffloadAcl, 'name' | 'flows'>;

/** What a DMS asks for, from the flows that it blocks. */
export interface OffloadInput {
  flows: readonly BlockedFlow[];
  path: OffloadPath;
  /** Whether the data channel gets through; it always does out-of-band. */
  dataChannel: boolean;
  /** The name of the ACL of what is blocked now. */
  name: string;
  prepared?: readonly PreparedAcl[];
  /** How prepared ACLs are switched on; default: `immediate`, as in the draft. */
  activation?: Activation;
}

/** A mitigation request, and the flows that it is for. */
export interface OffloadRequest {
  document: JsonObject;
  flows: readonly BlockedFlow[];
  /** Bits per second. */
  rate: number;
}

/** A flow that is not offloaded, and why. */
export interface LeftFlow {
  flow: BlockedFlow;
  reason: string;
}

/** The messages of an offload. */
export interface OffloadPlan {
  /** For the data channel; undefined where nothing travels on it. */
  acls?: JsonObject;
  /** For the signal channel, the largest first. The targets of no two overlap. */
  requests: readonly OffloadRequest[];
  left: readonly LeftFlow[];
}

/**
 * Chooses methods and members by figure 3 of the draft (draft-hayashi-dots-dms-offload-usecase-01). Of two requests of
 * one client for one target the later deletes the earlier (RFC 9132 section 4.4.1.3): what does not fit into one
 * becomes an ACL where the data channel gets through; otherwise the larger one is sent, and the rest is reported.
 */
export function planOffload(input: OffloadInput): OffloadPlan {
  const { path, name } = input;
  const all = described(input.flows, path);
  const wide = all.filter(isTooWide).map((flow) => ({ flow, reason: 'it has no port or source in common' }));
  const flows = all.filter((flow) => !isTooWide(flow));
  if (path === 'out-of-band') return { ...aclMember(name, flows), requests: [], left: wide };
  const { sent, rest } = withoutOverlaps(candidates(flows, input));
  if (input.dataChannel) return { ...aclMember(name, rest), requests: sent, left: wide };
  const beside = rest.map((flow) => ({ flow, reason: 'it does not fit into the request for its target' }));
  return { requests: sent, left: [...wide, ...beside] };
}

/** A rule of target and protocol alone would drop more than the flow. */
const isTooWide = ({ source, sourcePort, targetPort }: FlowMembers): boolean =>
  source === undefined && sourcePort === undefined && targetPort === undefined;

export const families: readonly Family[] = ['ipv4', 'ipv6'];

/** The name of the ACL of an address family. */
export const aclName = (name: string, family: Family): string => `${name}-${family}`;

/** One ACL for each address family. */
function aclMember(name: string, flows: readonly BlockedFlow[]): { acls?: JsonObject } {
  const acls = families.flatMap((family): OffloadAcl[] => {
    const own = flows.filter(({ target }) => target.family === family);
    return own.length === 0 ? [] : [{ name: aclName(name, family), activation: 'immediate', flows: own }];
  });
  return acls.length === 0 ? {} : { acls: aclsFor(acls) };
}

/** The requests that are possible, each with flows that no other has. */
function candidates(flows: readonly BlockedFlow[], input: OffloadInput): OffloadRequest[] {
  const switched = switches(flows, input);
  const covered = new Set(switched.flatMap((request) => request.flows));
  const others = flows.filter((flow) => !covered.has(flow));
  return [...switched, ...groups(others).map((group) => candidate(group, requestFor(group)))];
}

function candidate(flows: readonly BlockedFlow[], document: JsonObject): OffloadRequest {
  return { document, flows, rate: flows.reduce((sum, { rate }) => sum + rate, 0) };
}

/** Prepared ACLs, of which each entry is for a flow that is blocked, switched on target by target. */
function switches(flows: readonly BlockedFlow[], { prepared = [], activation = 'immediate' }: OffloadInput) {
  const blocked = new Map(flows.map((flow) => [flowKey(flow), flow]));
  const usable = prepared.filter((acl) => acl.flows.every((entry) => blocked.has(flowKey(entry))));
  return [...grouped(usable, targetOf).values()].map((acls) => {
    const own = acls.flatMap((acl) => acl.flows.flatMap((entry) => blocked.get(flowKey(entry)) ?? []));
    const switched = acls.map(({ name }) => ({ name, activation }));
    return candidate([...new Set(own)], switchFor(own, switched));
  });
}

const targetOf = ({ flows }: PreparedAcl): string => flows.map(({ target }) => formatPrefix(target)).join(' ');

/** Groups of flows of which each combination of members is one: what a request can describe exactly. */
function groups(flows: readonly BlockedFlow[]): BlockedFlow[][] {
  const sorted = [...flows].sort((one, other) => other.rate - one.rate);
  return [...grouped(sorted, shapeOf).values()].flatMap((alike) => {
    if (alike[0]?.source === undefined) return lists(alike);
    const bySource = grouped(alike, ({ source }) => source && formatPrefix(source));
    const perSource = [...bySource.values()].flatMap((own) => lists(own));
    return [...grouped(perSource, portsOf).values()].flatMap((same) => lists(same).map((list) => list.flat()));
  });
}

/** Flows of the same shape differ in one port or, with a source, in source and source port. */
function shapeOf({ target, protocol, source, sourcePort, targetPort }: BlockedFlow): string {
  const varying = source === undefined ? 'port' : 'sources';
  const ports = sourcePort === undefined ? 'target port' : `source port to ${targetPort ?? 'any'}`;
  return `${formatPrefix(target)} ${protocol} ${varying} ${ports}`;
}

const portsOf = (flows: readonly BlockedFlow[]): string =>
  flows
    .map(({ sourcePort }) => sourcePort)
    .sort()
    .join(' ');

/** Parts of a list that a request can name. */
function lists<T>(items: readonly T[]): T[][] {
  const count = Math.ceil(items.length / mostListed);
  return Array.from({ length: count }, (_, index) => items.slice(index * mostListed, (index + 1) * mostListed));
}

/** The largest requests of which no two have overlapping targets, and the flows of all others. */
function withoutOverlaps(all: readonly OffloadRequest[]): { sent: OffloadRequest[]; rest: BlockedFlow[] } {
  const sent: OffloadRequest[] = [];
  const rest: BlockedFlow[] = [];
  for (const request of [...all].sort((one, other) => other.rate - one.rate)) {
    if (sent.some((other) => haveOverlap(request, other))) rest.push(...request.flows);
    else sent.push(request);
  }
  return { sent, rest };
}

const haveOverlap = (one: OffloadRequest, other: OffloadRequest): boolean =>
  one.flows.some((flow) => other.flows.some(({ target }) => overlaps(flow.target, target)));
