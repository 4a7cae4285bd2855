import { folded, leads, protocols, ranked, serviceName, usualPort } from './records';
import type { Lead, NaptrRecord, Protocol, SrvRecord } from './records';

/**
 * Reads DNS records. No record of that type, or no such name, is an empty list; it fails, with a sentence, if no
 * usable answer came.
 */
export interface Lookup {
  naptr(name: string): Promise<readonly NaptrRecord[]>;
  srv(name: string): Promise<readonly SrvRecord[]>;
  ptr(name: string): Promise<readonly string[]>;
  /** IPv6 and IPv4 addresses. */
  addresses(name: string): Promise<readonly string[]>;
}

/** A record that led to a server: its type, its owner, its order of choice, and what it names. */
export type Step =
  | { type: 'NAPTR'; name: string; order: number; preference: number; flags: string; next: string }
  | { type: 'SRV'; name: string; priority: number; weight: number; port: number; next: string }
  | { type: 'PTR'; name: string; next: string };

/** A server that was found. */
export interface FoundServer {
  protocol: Protocol;
  host: string;
  port: number;
  addresses: readonly string[];
  steps: readonly Step[];
}

/** The result of a discovery. */
export interface Discovery {
  /** The name that was looked up. Certificates are checked against it: RFC 8973 section 8.2. */
  name: string;
  /** The mechanism that found them: RFC 8973 sections 6 and 7; undefined if none did. */
  method: 'S-NAPTR' | 'DNS-SD' | undefined;
  /** In the order in which a client tries them. */
  servers: readonly FoundServer[];
  /** The addresses of the name itself. */
  ownAddresses: readonly string[];
  /** What could not be followed: full sentences. */
  problems: readonly string[];
  /** How many look-ups had no usable answer. */
  unanswered: number;
}

/** The longest chain of NAPTR records, and the most look-ups of a discovery: records can refer to each other. */
const limits = { chain: 8, lookups: 200 };

/**
 * Finds the DOTS servers of a domain name: by S-NAPTR (RFC 8973 section 6), and if that finds none, by DNS-SD (section
 * 7; the order is that of section 4). Never throws: failed look-ups are among the problems.
 */
export async function discover(name: string, lookup: Lookup): Promise<Discovery> {
  const walk = new Walk(lookup);
  await walk.naptr(name, protocols, []);
  const bySNaptr = walk.servers.length > 0;
  if (!bySNaptr) for (const protocol of protocols) await walk.instances(name, protocol);
  const ownAddresses = await walk.addresses(name);
  const { servers, problems, unanswered } = walk;
  const method = bySNaptr ? 'S-NAPTR' : servers.length > 0 ? 'DNS-SD' : undefined;
  return { name, method, servers, ownAddresses, problems: [...new Set(problems)], unanswered };
}

/** One discovery: follows records, asks each question once. */
class Walk {
  readonly servers: FoundServer[] = [];
  readonly problems: string[] = [];
  unanswered = 0;
  private readonly asked = new Map<string, Promise<readonly unknown[]>>();

  constructor(private readonly lookup: Lookup) {}

  /** Follows the NAPTR records of a name that lead to servers of some protocols. */
  async naptr(name: string, wanted: readonly Protocol[], steps: readonly Step[]): Promise<void> {
    const isLoop = steps.some((step) => folded(step.name) === folded(name));
    if (isLoop) this.problems.push(`The NAPTR records of ${name} refer to each other in a loop; it is not followed.`);
    else if (steps.length >= limits.chain)
      this.problems.push(`${name} is behind ${limits.chain} NAPTR records; it is not followed further.`);
    else for (const lead of leads(await this.ask('naptr', name), wanted)) await this.follow(name, lead, steps);
  }

  /** Finds the instances of a service: RFC 6763 section 4.1. */
  async instances(name: string, protocol: Protocol): Promise<void> {
    const service = `${serviceName(protocol)}.${name}`;
    for (const instance of await this.ask('ptr', service))
      await this.srv(instance, [protocol], [{ type: 'PTR', name: service, next: instance }]);
  }

  addresses(name: string): Promise<readonly string[]> {
    return this.ask('addresses', name);
  }

  private async follow(name: string, { record, next, protocols: led }: Lead, steps: readonly Step[]): Promise<void> {
    const { order, preference, flags, replacement } = record;
    const trail: Step[] = [...steps, { type: 'NAPTR', name, order, preference, flags, next: replacement }];
    if (next === 'naptr') await this.naptr(replacement, led, trail);
    else if (next === 'srv') await this.srv(replacement, led, trail);
    else for (const protocol of led) await this.host(replacement, usualPort(protocol), protocol, trail);
  }

  private async srv(name: string, led: readonly Protocol[], steps: readonly Step[]): Promise<void> {
    const records = ranked(await this.ask('srv', name));
    if (records.length === 0) this.problems.push(`${name} has no SRV record that names a host.`);
    for (const { name: host, ...rank } of records)
      for (const protocol of led)
        await this.host(host, rank.port, protocol, [...steps, { type: 'SRV', name, ...rank, next: host }]);
  }

  private async host(host: string, port: number, protocol: Protocol, steps: readonly Step[]): Promise<void> {
    const addresses = await this.ask('addresses', host);
    if (addresses.length > 0) this.servers.push({ protocol, host: folded(host), port, addresses, steps });
    else this.problems.push(`${host} has no address.`);
  }

  /** The records of a name; none if there is no usable answer, which is counted. */
  private ask<K extends keyof Lookup>(type: K, name: string): ReturnType<Lookup[K]> {
    const key = `${type} ${folded(name)}`;
    const asked = this.asked.get(key) ?? this.answer(type, name);
    this.asked.set(key, asked);
    return asked as ReturnType<Lookup[K]>;
  }

  private async answer(type: keyof Lookup, name: string): Promise<readonly unknown[]> {
    if (this.asked.size >= limits.lookups) {
      this.problems.push(`The records need more than ${limits.lookups} look-ups; the others are not followed.`);
      return [];
    }
    try {
      return await this.lookup[type](name);
    } catch (error) {
      this.unanswered++;
      this.problems.push(error instanceof Error ? error.message : String(error));
      return [];
    }
  }
}
