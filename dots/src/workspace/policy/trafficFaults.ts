import type { Fault } from '#dots/model/finding';
import { isObject, itemsOf, type JsonObject, type JsonValue } from '#dots/model/json';
import { parsePrefix } from '#dots/model/prefix';
import { policyFault } from './fault';
import { portsOf, writtenTraffic } from './traffic';

/** Traffic classes that cannot be simulated. */
export function trafficFaults(value: JsonValue): Fault[] {
  return writtenTraffic(value).flatMap((traffic, index) => {
    const pointer = `/traffic/${index}`;
    return [...familyFaults(traffic, pointer), ...portFaults(traffic, pointer), ...rateFaults(traffic, pointer)];
  });
}

function familyFaults({ to, sources }: JsonObject, pointer: string): Fault[] {
  const from = isObject(sources) ? sources.prefix : undefined;
  const [one, other] = [to, from].map((text) => parsePrefix(String(text))?.family);
  if (one === undefined || other === undefined || one === other) return [];
  const message = `${String(from)} cannot send to ${String(to)}: one is IPv4, the other IPv6. Use one family.`;
  return [policyFault('mixed-families', 'error', `${pointer}/sources/prefix`, message)];
}

function portFaults(traffic: JsonObject, pointer: string): Fault[] {
  return ['source-port', 'destination-port'].flatMap((name) => {
    const written = traffic[name];
    const [from, to] = written === undefined ? [0, 0] : portsOf(written);
    if (from <= to && to <= 65_535) return [];
    const message = `"${String(written)}" is not a range of ports: it must go up, to 65535 at most.`;
    return [policyFault('port-range', 'error', `${pointer}/${name}`, message)];
  });
}

/** Points of a rate whose seconds do not go up. */
function rateFaults({ rate }: JsonObject, pointer: string): Fault[] {
  const seconds = itemsOf(rate).map((point) => Number(itemsOf(point)[0]));
  const at = seconds.findIndex((second, index) => index > 0 && second <= (seconds[index - 1] as number));
  if (at < 0) return [];
  const message = `The point at second ${seconds[at] ?? 0} follows one at second ${seconds[at - 1] ?? 0}. Sort the points by second.`;
  return [policyFault('unsorted-points', 'error', `${pointer}/rate/${at}/0`, message)];
}
