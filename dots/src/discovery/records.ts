/** The protocol tags of RFC 8973 section 9.4: the channel and the transport. */
export const protocols = ['signal.udp', 'signal.tcp', 'data.tcp'] as const;

export type Protocol = (typeof protocols)[number];

/** A NAPTR record: RFC 3403 section 4.1. */
export interface NaptrRecord {
  order: number;
  preference: number;
  flags: string;
  service: string;
  regexp: string;
  replacement: string;
}

/** An SRV record: RFC 2782. */
export interface SrvRecord {
  priority: number;
  weight: number;
  port: number;
  name: string;
}

/** What a NAPTR record leads to: more NAPTR records, SRV records, or a host (RFC 3958 section 2.2.3). */
export type Next = 'naptr' | 'srv' | 'host';

/** A NAPTR record that leads to DOTS servers. */
export interface Lead {
  record: NaptrRecord;
  next: Next;
  protocols: readonly Protocol[];
}

/** The application service tag of a DOTS server: RFC 8973 section 9.4.1. */
const service = 'dots';

const nextOf: Readonly<Record<string, Next>> = { '': 'naptr', s: 'srv', a: 'host' };

/** A name in one spelling, without the final dot; empty for the root. */
export const folded = (name: string): string => name.toLowerCase().replace(/\.$/, '');

/** The ports of servers whose records name none: RFC 9132 section 10.1, and https. */
export const usualPort = (protocol: Protocol): number => (protocol === 'data.tcp' ? 443 : 4646);

/** The service name of a protocol for SRV and DNS-SD: RFC 8973 section 7. */
export function serviceName(protocol: Protocol): string {
  const [channel = '', transport = ''] = protocol.split('.');
  return `_dots-${channel}._${transport}`;
}

/**
 * The records that lead to servers of some protocols, in the order in which they are followed. S-NAPTR (RFC 3958
 * section 2.2) uses neither regular expressions nor other flags: such records are for other applications.
 */
export function leads(records: readonly NaptrRecord[], wanted: readonly Protocol[]): Lead[] {
  return [...records]
    .sort((one, other) => one.order - other.order || one.preference - other.preference)
    .flatMap((record) => {
      const next = nextOf[record.flags.toLowerCase()];
      const found = protocolsOf(record, wanted);
      const isUsable = next !== undefined && record.regexp === '' && folded(record.replacement) !== '';
      return isUsable && found.length > 0 ? [{ record, next, protocols: found }] : [];
    });
}

/** The service field: a service tag and its protocol tags, without regard to case (RFC 3958 section 6.5). */
function protocolsOf(record: NaptrRecord, wanted: readonly Protocol[]): Protocol[] {
  const [tag, ...named] = record.service.toLowerCase().split(':');
  return tag === service ? wanted.filter((protocol) => named.includes(protocol)) : [];
}

/**
 * The hosts of SRV records by priority, the greater weight first. RFC 2782 chooses at random by weight; here the result
 * is shown and written to a file, so it is the same each time. The target `.` says that there is no such service.
 */
export function ranked(records: readonly SrvRecord[]): SrvRecord[] {
  return records
    .filter(({ name }) => folded(name) !== '')
    .sort((one, other) => one.priority - other.priority || other.weight - one.weight);
}
