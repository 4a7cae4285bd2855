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
 * A profiles file for the servers that were found. Certificates are checked against the name that was looked up (RFC
 * 8973 section 8.2): a forged answer must not choose the name. Where a server has other addresses than that name, its
 * own host is the address, and the name is the `server-name` of the profile.
 */
export function foundProfile(discovery: Discovery): FoundProfile {
  const { name, servers } = discovery;
  const signal = servers.filter(({ protocol }) => protocol !== 'data.tcp');
  const data = servers.filter(({ protocol }) => protocol === 'data.tcp');
  const channels = { signal: channelOf('signal', signal, discovery), data: channelOf('data', data, discovery) };
  const addresses = Object.entries(channels).flatMap(([channel, { address }]) =>
    address === undefined ? [] : [[channel, address] as const],
  );
  const isElsewhere = Object.values(channels).some((channel) => channel.isElsewhere === true);
  const profile = { ...Object.fromEntries(addresses), ...(isElsewhere && { 'server-name': name }) };
  return {
    file: { profiles: { [name]: profile } },
    notes: Object.values(channels).flatMap(({ note }) => note ?? []),
  };
}

/** The address of a channel in the profile, or why there is none. */
interface ChannelAddress {
  address?: string;
  /** The address has another host than the name that was looked up. */
  isElsewhere?: boolean;
  note?: string;
}

function channelOf(channel: string, servers: readonly FoundServer[], discovery: Discovery): ChannelAddress {
  const [first] = servers;
  if (first === undefined) return { note: `No server of the ${channel} channel was found.` };
  const { name } = discovery;
  const reached = servers.filter((server) => isReachedBy(server, discovery));
  const [usable] = reached;
  if (usable !== undefined) return { address: addressOf(name, usable, reached) };
  const alike = servers.filter(({ host }) => folded(host) === folded(first.host));
  return {
    address: addressOf(first.host, first, alike),
    isElsewhere: true,
    note: `The ${channel} channel is at ${first.host}, whose addresses ${name} does not have; its certificate must be for ${name}, the "server-name". If its operator confirms that it is for ${first.host}, remove that member.`,
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
