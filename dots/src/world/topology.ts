import type { VectorName } from '#dots/model/attackVectors';

/** A link by which traffic enters. */
export interface Link {
  name: string;
  /** Bits per second. */
  capacity: number;
}

/** A forwarding node: it filters what enters by its links. */
export interface ForwardingNode {
  name: string;
  links: readonly string[];
  /** Seconds until a new rule acts; default 0. */
  installSeconds?: number;
}

/** How traffic reaches a DMS: by redirect rules with its route target, or by BGP routes, which take some seconds. */
export type Diversion = { by: 'flowspec-redirect'; routeTarget: string } | { by: 'bgp'; seconds: number };

/** How a DMS returns what it does not drop: to the link by which it came, or in a GRE tunnel over another one. */
export type Reinjection = { by: 'direct' } | { by: 'gre'; link: string };

/** A DDoS mitigation system. How it recognises attacks is not simulated: it knows the classes. */
export interface MitigationSystem {
  name: string;
  /** Links and prefixes whose traffic can be diverted to it. */
  carries: readonly string[];
  /** Bits per second. */
  capacity: number;
  /** The vectors of the attacks that it drops. */
  stops: readonly VectorName[];
  /** The share of those attacks that gets through; default 0. */
  misses?: number;
  /** The share of legitimate traffic that it drops; default 0. */
  harms?: number;
  divert: Diversion;
  reinject: Reinjection;
}

/** The network that traffic passes. */
export interface Topology {
  links: readonly Link[];
  /** In the order in which traffic passes them. */
  nodes: readonly ForwardingNode[];
  dms: readonly MitigationSystem[];
}
