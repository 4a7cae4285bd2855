import type { Fault } from '../../model/finding';
import { isObject, itemsOf, type JsonObject } from '../../model/json';
import { child } from '../../model/pointer';
import type { Direction } from '../rfc';
import { rfcFault } from './fault';

const kinds: Record<string, string> = { 'current-config': 'configuration', 'total-pipe-capacity': 'pipe', baseline: 'baseline' };
const serverOnly = ['max-config-values', 'min-config-values', 'supported-unit-classes', 'supported-query-type'];

/** One request sets up one kind of telemetry (RFC 9244 section 7). */
export function telemetrySetupFaults(body: JsonObject, pointer: string, direction?: Direction): Fault[] {
  const entries = itemsOf(body.telemetry).filter(isObject);
  const isStatus = direction === 'status' || serverOnly.some((member) => Object.hasOwn(body, member)) || entries.some((entry) => Object.hasOwn(entry, 'tsid'));
  if (isStatus) return [];
  const present = new Set(entries.flatMap((entry) => Object.keys(kinds).filter((member) => Object.hasOwn(entry, member))));
  if (present.size < 2) return [];
  const names = [...present].map((member) => kinds[member]).join(' and ');
  return [rfcFault('one-setup-kind', child(pointer, 'telemetry'), '9244 7', `One request sets up one kind of telemetry; this one mixes ${names}. Send one request for each.`)];
}
