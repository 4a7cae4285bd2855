import type { JsonObject } from '#dots/model/json';
import type { Discovery, FoundServer } from './discover';
import { folded, usualPort } from './records';

/** What a discovery is as a profile: a profiles file, and why a channel is not in it. */
export interface FoundProfile {
  file: JsonObject;
  /** Full sentences. */
  notes: readonly string[];
}

const schemes = { 'signal.udp': 'coaps', 'signal.tcp': 'coaps+tcp', 'data.tcp': 'https' } as const;

/**
 * A profiles file for the servers that were found. Its addresses have the name that was looked up, because
 * certificates are checked against it (RFC 8973 section 8.2): a forged answer must not choose the name. A channel whose
 * server has other addresses than that name is left out, with a note.
 */
export function foundProfile(discovery: Discovery): FoundProfile {
  const { name, servers } = discovery;
  const signal = servers.filter(({ protocol }) => protocol !== 'data.tcp');
  const data = servers.filter(({ protocol }) => protocol === 'data.tcp');
  const channels = { signal: channelOf('signal', signal, discovery), data: channelOf('data', data, discovery) };
  const addresses = Object.entries(channels).flatMap(([channel, { address }]) =>
    address === undefined ? [] : [[channel, address] as const],
  );
  return {
    file: addresses.length === 0 ? {} : { profiles: { [name]: Object.fromEntries(addresses) } },
    notes: Object.values(channels).flatMap(({ note }) => note ?? []),
  };
}

/** The address of a channel in the profile, or why there is none. */
interface ChannelAddress {
  address?: string;
  note?: string;
}

function channelOf(channel: string, servers: readonly FoundServer[], discovery: Discovery): ChannelAddress {
  const [first] = servers;
  if (first === undefined) return { note: `No server of the ${channel} channel was found.` };
  const { name } = discovery;
  const reached = servers.filter((server) => isReachedBy(server, discovery));
  const [usable] = reached;
  if (usable !== undefined) return { address: addressOf(name, usable, reached) };
  return {
    note: `The ${channel} channel is not in the profile: ${name} does not have the addresses of ${first.host}, and the certificate must be for ${name}. If its operator confirms that ${first.host} is the name in the certificate, use ${addressOf(first.host, first, [first])}.`,
  };
}

/** Whether dialling the name that was looked up reaches this server only. */
function isReachedBy({ host, addresses }: FoundServer, { name, ownAddresses }: Discovery): boolean {
  if (folded(host) === folded(name)) return true;
  return ownAddresses.length > 0 && ownAddresses.every((address) => addresses.includes(address));
}

/** Without a scheme, DTLS and TLS are both tried, at one port. */
function addressOf(host: string, { protocol, port }: FoundServer, reached: readonly FoundServer[]): string {
  const isBoth = reached.some((other) => other.port === port && other.protocol !== protocol);
  const authority = port === usualPort(protocol) ? host : `${host}:${port}`;
  return isBoth ? authority : `${schemes[protocol]}://${authority}`;
}
