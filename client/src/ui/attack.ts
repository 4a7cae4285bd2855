import type { JsonObject } from '#dots/model/json';
import { formatPrefix, hostPrefix, parseAddress, parsePrefix } from '#dots/model/prefix';
import { withScopes } from '#dots/signal/scopes';

/** What is seen of an attack. */
export interface Attack {
  /** The prefixes that are attacked, each once. */
  targets: string[];
  /** The protocol numbers and the source ports of flows; empty where a line names none. */
  protocols: number[];
  sourcePorts: number[];
  /** What was not understood, as it was written. */
  unknown: string[];
}

/** One end of a flow. */
interface End {
  prefix: string;
  port: number | undefined;
}

interface Flow {
  protocol: number | undefined;
  source: End;
  target: End;
}

const protocolNumbers: Readonly<Record<string, number>> = { icmp: 1, tcp: 6, udp: 17, icmpv6: 58, sctp: 132 };

/** More source ports than this say nothing about the attack. */
const mostPorts = 8;

/**
 * Reads addresses, prefixes, and lines such as `udp 198.51.100.7:53 -> 192.0.2.10:4000`, of which the right side is
 * attacked. Lines end with a line break or a semicolon.
 */
export function readAttack(text: string): Attack {
  const lines = text.split(/[\n;]+/).map((line) => line.trim());
  const parts = lines.filter((line) => line !== '').flatMap(readLine);
  const flows = parts.filter((part) => typeof part === 'object' && 'source' in part);
  const ends = parts.filter((part) => typeof part === 'object' && 'prefix' in part);
  const onlyFlows = flows.length > 0 && ends.length === 0;
  const ports = unique(flows.flatMap(({ source }) => source.port ?? []));
  const allHavePorts = onlyFlows && flows.every(({ source }) => source.port !== undefined);
  const allHaveProtocols = onlyFlows && flows.every(({ protocol }) => protocol !== undefined);
  return {
    targets: unique([...ends.map(({ prefix }) => prefix), ...flows.map(({ target }) => target.prefix)]),
    protocols: allHaveProtocols ? unique(flows.flatMap(({ protocol }) => protocol ?? [])) : [],
    sourcePorts: allHavePorts && ports.length <= mostPorts ? ports : [],
    unknown: parts.filter((part) => typeof part === 'string'),
  };
}

/** The mitigation request against an attack (RFC 9132 section 4.4.1; the source ports are hints, RFC 9066). */
export function attackRequest({ targets, protocols, sourcePorts }: Attack, lifetime: number): JsonObject {
  const ports = sourcePorts.map((port): JsonObject => ({ 'lower-port': port }));
  return withScopes([
    {
      'target-prefix': targets,
      ...(protocols.length > 0 && { 'target-protocol': protocols }),
      ...(ports.length > 0 && { 'ietf-dots-call-home:source-port-range': ports }),
      lifetime,
    },
  ]);
}

function unique<T extends string | number>(all: readonly T[]): T[] {
  return [...new Set(all)];
}

const arrow = /^(?:(\w+)\s+)?(\S+)\s*(?:->|→|>)\s*(\S+)$/;

/** The flow of a line, or its addresses; what is neither is returned as it was written. */
function readLine(line: string): (Flow | End | string)[] {
  const [, word, from = '', to = ''] = arrow.exec(line) ?? [];
  const [source, target] = [readEnd(from), readEnd(to)];
  const protocol = word === undefined ? undefined : protocolOf(word);
  if (source !== undefined && target !== undefined && (word === undefined || protocol !== undefined))
    return [{ protocol, source, target }];
  if (line.includes('>')) return [line];
  return line.split(/[\s,]+/).map((part) => readEnd(part) ?? part);
}

function protocolOf(word: string): number | undefined {
  const number = protocolNumbers[word.toLowerCase()] ?? (/^\d{1,3}$/.test(word) ? Number(word) : undefined);
  return number !== undefined && number < 256 ? number : undefined;
}

/** `192.0.2.1`, `192.0.2.0/24`, `192.0.2.1:53`, `[2001:db8::1]:53`. */
function readEnd(text: string): End | undefined {
  const [, bracketed, plain, digits] = /^(?:\[([^\]]+)\]|([^:\s]+))(?::(\d{1,5}))$/.exec(text) ?? [];
  const prefix = prefixOf(bracketed ?? plain ?? text);
  const port = digits === undefined ? undefined : Number(digits);
  return prefix === undefined || (port ?? 0) > 65_535 ? undefined : { prefix, port };
}

function prefixOf(text: string): string | undefined {
  const octets = parseAddress(text);
  const prefix = octets === undefined ? parsePrefix(text) : hostPrefix(octets);
  return prefix && formatPrefix(prefix);
}
