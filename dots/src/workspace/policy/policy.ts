import type { VectorName } from '#dots/model/attackVectors';
import type { TrafficClass } from '#dots/model/trafficClass';
import { isObject, itemsOf, type JsonObject, type JsonValue } from '#dots/model/json';
import { clientsOf, type WrittenClient } from '../clientsFile';
import type { TargetRouter } from '../workspaceFile';
import { trafficOf } from './traffic';

/** What a client is to the orchestrator (RFC 8903 section 3.3). */
export type Role = 'customer' | 'telemetry' | 'administrator' | 'dms';

/** What a target is worth. */
export type TargetValue = 'low' | 'normal' | 'high';

/** A client of the orchestrator. */
export interface PolicyClient extends WrittenClient {
  role: Role;
  /** The link by which its messages arrive in-band; undefined: out-of-band. */
  path: string | undefined;
  /** The links that a telemetry system reports on. */
  watches: readonly string[];
}

/** A link; its capacity in bits per second, unless a client reports one for its link-id (RFC 9244 section 7.2). */
export interface PolicyLink {
  name: string;
  capacity: number;
  linkId?: string;
}

/** A budget of rules that is none. */
export const unlimitedRules = Number.MAX_SAFE_INTEGER;

/** A forwarding node and its budget of rules. */
export interface PolicyNode {
  name: string;
  links: readonly string[];
  rules: number;
  router?: TargetRouter;
  installSeconds: number;
}

/** A DDoS mitigation system; rates in bits per second, shares from 0 to 1. */
export interface PolicyDms {
  name: string;
  place: 'inside' | 'transit' | 'third-party';
  /** Names of links, and prefixes. */
  carries: readonly string[];
  capacity: number;
  stops: readonly VectorName[];
  misses: number;
  harms: number;
  divert: { by: 'flowspec-redirect'; routeTarget: string } | { by: 'bgp'; seconds: number };
  reinject: { by: 'direct' } | { by: 'gre'; link: string };
  /** The utilisation above which it asks for offload; undefined: never. */
  offloadAbove?: number;
  delegatesTo?: string;
  /** The name of a server profile; undefined: simulated. */
  profile?: string;
}

/** A target; undefined links: it lies behind all. */
export interface PolicyTarget {
  prefix: string;
  value: TargetValue;
  links?: readonly string[];
}

/** Conditions of a strategy: all that are there have to match. */
export interface Conditions {
  role?: readonly Role[];
  vector?: readonly VectorName[];
  value?: readonly TargetValue[];
  /** Bits per second. */
  volume?: { atLeast?: number; below?: number };
  linkLoad?: { link: string; atLeast: number };
}

/** One strategy: the DMSs that are tried, or the nodes that filter. */
export type Strategy = { name: string; when: Conditions } & (
  { use: readonly string[]; filter?: undefined } | { filter: readonly string[]; use?: undefined }
);

/** A policy, read. Lists that the file omits are empty. */
export interface Policy {
  clients: readonly PolicyClient[];
  links: readonly PolicyLink[];
  nodes: readonly PolicyNode[];
  dms: readonly PolicyDms[];
  targets: readonly PolicyTarget[];
  strategies: readonly Strategy[];
  /** An attack is over while its traffic is below this share of its peak, for these seconds. */
  quiet: { below: number; for: number };
  traffic: readonly TrafficClass[];
}

/** Reads the value of a policy that has no fault by its schema. */
export function policyOf(value: JsonValue | undefined): Policy {
  const file = isObject(value) ? value : {};
  const each = <T>(list: JsonValue | undefined, read: (entry: JsonObject) => T): T[] =>
    itemsOf(list).filter(isObject).map(read);
  const clients = clientsOf(value).clients;
  const quiet = isObject(file.quiet) ? file.quiet : {};
  return {
    clients: each(file.clients, (entry) => entry).map((entry, index) => clientOf(entry, clients[index])),
    links: each(file.links, linkOf),
    nodes: each(file.nodes, nodeOf),
    dms: each(file.dms, dmsOf),
    targets: each(file.targets, targetOf),
    strategies: each(file.strategies, strategyOf),
    quiet: { below: Number(quiet.below ?? 0.1), for: Number(quiet.for ?? 60) },
    traffic: each(file.traffic, trafficOf),
  };
}

function clientOf({ role, path, watches }: JsonObject, client: WrittenClient | undefined): PolicyClient {
  return {
    ...(client as WrittenClient),
    role: (role ?? 'customer') as Role,
    path: path === undefined || path === 'out-of-band' ? undefined : String(path),
    watches: itemsOf(watches) as string[],
  };
}

function linkOf({ 'link-id': linkId, ...link }: JsonObject): PolicyLink {
  return { ...(link as unknown as PolicyLink), ...(linkId !== undefined && { linkId: String(linkId) }) };
}

function nodeOf({ 'install-seconds': seconds, ...node }: JsonObject): PolicyNode {
  return { ...(node as unknown as PolicyNode), installSeconds: Number(seconds ?? 0) };
}

function dmsOf({ divert, reinject, server, ...dms }: JsonObject): PolicyDms {
  const { 'offload-above': offloadAbove, 'delegates-to': delegatesTo, misses = 0, harms = 0, ...rest } = dms;
  const profile = /^profile (.+)$/.exec(String(server ?? ''))?.[1];
  return {
    ...(rest as unknown as PolicyDms),
    misses: Number(misses),
    harms: Number(harms),
    divert: divertOf(isObject(divert) ? divert : {}),
    reinject:
      isObject(reinject) && reinject.by === 'gre' ? { by: 'gre', link: String(reinject.link) } : { by: 'direct' },
    ...(offloadAbove !== undefined && { offloadAbove: Number(offloadAbove) }),
    ...(delegatesTo !== undefined && { delegatesTo: String(delegatesTo) }),
    ...(profile !== undefined && { profile }),
  };
}

function divertOf({ by, 'route-target': routeTarget, seconds }: JsonObject): PolicyDms['divert'] {
  return by === 'bgp'
    ? { by, seconds: Number(seconds ?? 0) }
    : { by: 'flowspec-redirect', routeTarget: String(routeTarget) };
}

function targetOf({ prefix, value, links }: JsonObject): PolicyTarget {
  return {
    prefix: String(prefix),
    value: (value ?? 'normal') as TargetValue,
    ...(links !== undefined && { links: itemsOf(links) as string[] }),
  };
}

function strategyOf({ name, when, use, filter }: JsonObject): Strategy {
  const common = { name: String(name), when: conditionsOf(isObject(when) ? when : {}) };
  return use === undefined
    ? { ...common, filter: itemsOf(filter) as string[] }
    : { ...common, use: itemsOf(use) as string[] };
}

function conditionsOf({ volume, 'link-load': load, ...lists }: JsonObject): Conditions {
  return {
    ...(lists as unknown as Conditions),
    ...(isObject(volume) && { volume: volumeOf(volume) }),
    ...(isObject(load) && { linkLoad: { link: String(load.link), atLeast: Number(load['at-least']) } }),
  };
}

function volumeOf({ 'at-least': atLeast, below }: JsonObject): NonNullable<Conditions['volume']> {
  return {
    ...(atLeast !== undefined && { atLeast: Number(atLeast) }),
    ...(below !== undefined && { below: Number(below) }),
  };
}
