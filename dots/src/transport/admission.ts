import { isIP } from 'node:net';
import type { Clock } from '#dots/runtime/clock';
import type { SessionLimits } from './secure';

/** A started handshake: its client, and when, by the clock of the server, it no longer counts. */
export interface Start {
  readonly network: string;
  readonly until: number;
}

/** How many networks are remembered from which clients were authenticated. */
const provedAtMost = 4096;

/**
 * Counts handshakes, in all and by the network of the client. A handshake counts until it has succeeded or its time
 * limit is over: one that fails early, or starts again, has cost the server a signature nevertheless. Networks from
 * which a client was authenticated have as many handshakes again in all: others cannot use them up.
 */
export class Admission {
  /** The oldest first, because all have the same time limit. */
  private readonly starts = new Set<Start>();
  private readonly starting = new Tally();
  /** The earliest first. */
  private readonly proved = new Set<string>();

  /** `handshakeMs`: how long a client may take to authenticate, milliseconds. */
  constructor(
    private readonly limits: SessionLimits,
    private readonly clock: Clock,
    private readonly handshakeMs: number,
  ) {}

  /** Whether a host may start another handshake. */
  mayStart(host: string): boolean {
    this.expire();
    const network = networkOf(host);
    const { halfOpen, halfOpenPerAddress } = this.limits;
    return this.starting.has(network, this.proved.has(network) ? 2 * halfOpen : halfOpen, halfOpenPerAddress);
  }

  /** A host starts a handshake. */
  start(host: string): Start {
    const start = { network: networkOf(host), until: this.clock.monotonic() + this.handshakeMs };
    this.starts.add(start);
    this.starting.add(start.network);
    return start;
  }

  /** The handshake has succeeded, or has cost nothing: it no longer counts. */
  release(start: Start): void {
    if (this.starts.delete(start)) this.starting.remove(start.network);
  }

  /** A client of this host is authenticated. */
  prove(host: string): void {
    const network = networkOf(host);
    this.proved.delete(network);
    this.proved.add(network);
    const [earliest] = this.proved;
    if (this.proved.size > provedAtMost && earliest !== undefined) this.proved.delete(earliest);
  }

  private expire(): void {
    const now = this.clock.monotonic();
    for (const start of this.starts) {
      if (start.until > now) return;
      this.release(start);
    }
  }
}

class Tally {
  private total = 0;
  private readonly byNetwork = new Map<string, number>();

  has(network: string, most: number, mostPerNetwork: number): boolean {
    return this.total < most && (this.byNetwork.get(network) ?? 0) < mostPerNetwork;
  }

  add(network: string): void {
    this.total += 1;
    this.byNetwork.set(network, (this.byNetwork.get(network) ?? 0) + 1);
  }

  remove(network: string): void {
    const left = (this.byNetwork.get(network) ?? 1) - 1;
    this.total -= 1;
    if (left > 0) this.byNetwork.set(network, left);
    else this.byNetwork.delete(network);
  }
}

/**
 * How many of the eight groups of an IPv6 address are the network: a host with one address of a /64 can use all of them
 * (RFC 4291 section 2.5.1).
 */
const networkGroups = 4;

/**
 * The network that the limits count an address for: an IPv4 address itself, also if it is mapped into IPv6, and the /64
 * of an IPv6 address.
 */
export function networkOf(host: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(host)?.[1];
  if (isIP(host) !== 6 || mapped !== undefined) return mapped ?? host;
  const [head = '', tail] = host.replace(/%.*/, '').split('::');
  const [left, right] = [groupsOf(head), groupsOf(tail ?? '')];
  const zeros = tail === undefined ? 0 : 8 - left.length - right.length;
  return [...left, ...Array.from({ length: zeros }, () => '0'), ...right].slice(0, networkGroups).join(':');
}

/** The groups of a part of an IPv6 address, without leading zeros; an IPv4 address at the end counts as two. */
function groupsOf(part: string): string[] {
  if (part === '') return [];
  return part
    .split(':')
    .flatMap((group) => (group.includes('.') ? ['v4', 'v4'] : [Number.parseInt(group, 16).toString(16)]));
}
