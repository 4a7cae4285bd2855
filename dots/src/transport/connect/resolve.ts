import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
import { setTimeout as wait } from 'node:timers/promises';
import { DotsError } from '#dots/model/errors';
import { isLocalName } from '../address';
import { refusal } from '../refusals';

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
export async function addressesOf(host: string, resolver: Resolver): Promise<readonly string[]> {
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
  const known = Object.keys(networkInterfaces());
  if (zone === undefined || /^\d+$/.test(zone) || known.includes(zone)) return;
  throw new DotsError(
    'usage',
    'transport/no-interface',
    `This machine has no interface "${zone}" for the address ${host}.`,
    known.length === 0 ? undefined : `It has ${known.join(', ')}.`,
  );
}

/** The time limit of a look-up for a comparison only, milliseconds. */
const briefMs = 2000;

/** The IP addresses of a host, if they can be resolved soon; none if its name is unknown or no name server answers. */
export async function knownAddresses(host: string): Promise<readonly string[]> {
  const timer = new AbortController();
  const found = addressesOf(host, systemResolver).catch(() => []);
  return Promise.race([found, wait(briefMs, [], { signal: timer.signal, ref: false })]).finally(() => timer.abort());
}
