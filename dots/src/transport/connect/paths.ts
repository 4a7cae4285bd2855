import { isIP } from 'node:net';
import { addressText, type Address } from '../address';

/** How a server may be reached. */
export type Transport = 'dtls' | 'tls';
export interface Path {
  transport: Transport;
  address: Address;
}

/** The most paths that are tried for one server. */
const pathsAtMost = 16;

/**
 * The paths to a server in the order of RFC 9132 section 4.3: UDP over IPv6, UDP over IPv4, TCP over IPv6, TCP over
 * IPv4; then the same with the second address of each family, and so on, so that a server with many addresses does not
 * delay TCP.
 */
export function pathsTo(hosts: readonly string[], port: number, transports: readonly Transport[]): Path[] {
  const families = [6, 4].map((family) => hosts.filter((host) => isIP(host) === family));
  const rounds = Math.max(...families.map(({ length }) => length));
  const paths = Array.from({ length: rounds }, (_, round) =>
    transports.flatMap((transport) =>
      families.flatMap((family): Path[] => {
        const host = family[round];
        return host === undefined ? [] : [{ transport, address: { host, port } }];
      }),
    ),
  );
  return paths.flat().slice(0, pathsAtMost);
}

/**
 * The same paths from addresses of this machine: all from the first one of their family, then all from the second one,
 * and so on. A family without such an address leaves the choice to the system.
 */
export function pathsFrom(locals: readonly string[], paths: readonly Path[]): Path[] {
  const ofFamily = (host: string): (string | undefined)[] => {
    const own = locals.filter((local) => isIP(local) === isIP(host));
    return own.length === 0 ? [undefined] : own;
  };
  const rounds = Math.max(1, locals.length);
  const all = Array.from({ length: rounds }, (_, round) =>
    paths.flatMap((path): Path[] => {
      const froms = ofFamily(path.address.host);
      if (round >= froms.length) return [];
      const from = froms[round];
      return [from === undefined ? path : { ...path, address: { ...path.address, from } }];
    }),
  );
  return all.flat().slice(0, pathsAtMost);
}

/**
 * When something was tried, by the monotonic time of the clock (milliseconds; not valid across processes), and whether
 * it worked.
 */
export interface Remembered {
  at: number;
  worked: boolean;
}

/** The storage of a memory, such as a Map. */
export interface PathStore {
  get(key: string): Remembered | undefined;
  set(key: string, remembered: Remembered): unknown;
  delete(key: string): unknown;
}

/** How long an outcome counts: RFC 9132 section 4.3, milliseconds. */
const outcomeCounts = 10 * 60_000;
/** How often a session over TLS may try DTLS: the SHOULD NOT and the MUST NOT limit, milliseconds. */
const probeInterval = { usual: 24 * 3_600_000, least: 5 * 60_000 } as const;

/** The outcomes of earlier attempts, by path; expired ones are dropped on access. `now` is the monotonic time. */
export class PathMemory {
  constructor(private readonly store: PathStore = new Map<string, Remembered>()) {}

  remember(path: Path, worked: boolean, now: number): void {
    this.store.set(keyOf(path), { at: now, worked });
  }

  /** The same paths: first those that worked recently, then untried ones, then those that failed recently. */
  sorted(paths: readonly Path[], now: number): Path[] {
    const rank = (path: Path): number => {
      const known = this.recall(keyOf(path), outcomeCounts, now);
      if (known === undefined) return 1;
      return known.worked ? 0 : 2;
    };
    return paths
      .map((path) => ({ path, rank: rank(path) }))
      .sort((one, other) => one.rank - other.rank)
      .map(({ path }) => path);
  }

  /**
   * When a session over TLS may try DTLS next, by the monotonic time; `intervalMs` below five minutes counts as five.
   */
  nextProbe(server: string, now: number, intervalMs: number = probeInterval.usual): number {
    const interval = Math.max(intervalMs, probeInterval.least);
    const last = this.recall(probeKey(server), interval, now);
    return last === undefined ? now : last.at + interval;
  }

  /** The whole mechanism ran, or DTLS alone was tried. */
  probed(server: string, worked: boolean, now: number): void {
    this.store.set(probeKey(server), { at: now, worked });
  }

  private recall(key: string, lifetime: number, now: number): Remembered | undefined {
    const known = this.store.get(key);
    if (known === undefined || now < known.at + lifetime) return known;
    this.store.delete(key);
    return undefined;
  }
}

function keyOf({ transport, address }: Path): string {
  const { from } = address;
  return `${transport} ${addressText(address)}${from === undefined ? '' : ` from ${from}`}`;
}

function probeKey(server: string): string {
  return `probe ${server}`;
}
