import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
import { setTimeout as wait } from 'node:timers/promises';
import { DotsError } from '#dots/model/errors';
import type { Clock } from '#dots/runtime/clock';
import { settled } from '#dots/runtime/deadline';
import { isLocalName } from '../address';
import { refusal } from '../refusals';
import { isTransient, nextTry, pause } from './repetition';

/** The IP addresses of a host name; fails with an error of Node's kind (`ENOTFOUND`). */
export type Resolver = (name: string) => Promise<readonly string[]>;

/**
 * The resolver of the machine. It cannot be interrupted, but `connect` waits for it only as long as for the connection.
 */
export const systemResolver: Resolver = async (name) =>
  (await lookup(name, { all: true })).map(({ address }) => address);

/**
 * The addresses of a host: its own, those that `localhost` always means (RFC 6761 section 6.3: no resolver is asked),
 * or those of its name. Throws a DotsError: `transport/no-interface` (kind `usage`), `transport/unknown-host` or
 * `transport/no-name-server` (`unreachable`).
 */
async function addressesOf(host: string, resolver: Resolver): Promise<readonly string[]> {
  checkZone(host);
  if (isIP(host) !== 0) return [host];
  if (isLocalName(host)) return ['::1', '127.0.0.1'];
  try {
    const found = (await resolver(host)).filter((address) => isIP(address) !== 0);
    if (found.length > 0) return found;
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw refusal(code === 'EAI_AGAIN' ? 'no-name-server' : 'unknown-host', { peer: host }, cause);
  }
  throw refusal('unknown-host', { peer: host });
}

/**
 * The zone of an address is the name or number of an interface of this machine: RFC 4007 section 11. Throws a DotsError
 * of kind `usage`.
 */
function checkZone(host: string): void {
  const [, zone] = /%(.*)$/.exec(host) ?? [];
  if (zone === undefined || /^\d+$/.test(zone)) return;
  const known = Object.keys(networkInterfaces());
  if (known.includes(zone)) return;
  throw new DotsError(
    'usage',
    'transport/no-interface',
    `This machine has no interface "${zone}" for the address ${host}.`,
    known.length === 0 ? undefined : `It has ${known.join(', ')}.`,
  );
}

/** The last addresses of names, for when no name server answers: under attack the DNS fails first. */
export interface AddressMemory {
  get(name: string): readonly string[] | undefined;
  set(name: string, addresses: readonly string[]): void;
  entries(): Iterable<readonly [name: string, addresses: readonly string[]]>;
}

/** How many names a memory keeps: those that were used last. */
export const namesAtMost = 256;

/** A memory for as long as the process runs. */
export function addressMemory(): AddressMemory {
  const known = new Map<string, readonly string[]>();
  return {
    get: (name) => known.get(name),
    entries: () => known.entries(),
    set: (name, addresses) => {
      known.delete(name);
      known.set(name, addresses);
      const [oldest = name] = known.keys();
      if (known.size > namesAtMost) known.delete(oldest);
    },
  };
}

/** How long a resolver may take while earlier addresses are known, and for a comparison only, milliseconds. */
const briefMs = 2000;

/** What `addressesInTime` requires. */
export interface Resolution {
  resolver: Resolver;
  memory?: AddressMemory | undefined;
  clock: Clock;
  signal: AbortSignal;
  /** By the monotonic time: until then the look-up is repeated. */
  deadline: number;
  /** Called with each failure. */
  failed(error: unknown): void;
}

/**
 * The addresses of a host. If the resolver fails, or does not answer soon, those that it had last; without such, the
 * look-up is repeated while no name server answers. Throws as `addressesOf` does, or the reason of the signal.
 */
export async function addressesInTime(host: string, resolution: Resolution): Promise<readonly string[]> {
  const { memory, clock, deadline, failed } = resolution;
  const since = clock.monotonic();
  for (let last = since; ; last = clock.monotonic()) {
    try {
      return await lookedUp(host, resolution);
    } catch (error) {
      if (resolution.signal.aborted) throw error;
      failed(error);
      const known = isTransient(error) || isUnknown(error) ? memory?.get(host) : undefined;
      if (known !== undefined) return known;
      const at = nextTry(since, last, clock.monotonic());
      if (!isTransient(error) || at >= deadline) throw error;
      await pause(at - clock.monotonic(), clock, resolution.signal);
    }
  }
}

const isUnknown = (error: unknown): boolean => error instanceof DotsError && error.code === 'transport/unknown-host';

async function lookedUp(host: string, { resolver, memory, clock, signal }: Resolution): Promise<readonly string[]> {
  const found = addressesOf(host, resolver).then((addresses) => {
    if (isIP(host) === 0) memory?.set(host, addresses);
    return addresses;
  });
  const known = memory?.get(host);
  if (known === undefined) return settled(found, signal);
  const enough = new AbortController();
  const brief = pause(briefMs, clock, AbortSignal.any([signal, enough.signal])).then(() => known);
  return Promise.race([found, brief]).finally(() => enough.abort());
}

/** The IP addresses of a host, if they can be resolved soon; none if its name is unknown or no name server answers. */
export async function knownAddresses(host: string): Promise<readonly string[]> {
  const timer = new AbortController();
  const found = addressesOf(host, systemResolver).catch(() => []);
  return Promise.race([found, wait(briefMs, [], { signal: timer.signal, ref: false })]).finally(() => timer.abort());
}
