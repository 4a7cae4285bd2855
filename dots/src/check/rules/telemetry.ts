import type { Fault } from '../../model/finding';
import { isObject, itemsOf, type JsonObject } from '../../model/json';
import { child } from '../../model/pointer';
import type { Direction } from '../direction';
import { exact } from '../numbers';
import { rfcFault } from './fault';
import { emptyFaults, selectors } from './target';

const kinds: Record<string, string> = { 'current-config': 'configuration', 'total-pipe-capacity': 'pipe', baseline: 'baseline' };

/** The rules for telemetry setups (RFC 9244 section 7). */
export function telemetrySetupFaults(body: JsonObject, pointer: string, direction?: Direction): Fault[] {
  const entries = itemsOf(body.telemetry).filter(isObject);
  if (direction === 'status') return [];
  return [...setupKinds(entries, pointer), ...deletedPipes(entries, child(pointer, 'telemetry')), ...emptyFaults(body, pointer, '9244 5.3')];
}

/** One request sets up one kind of telemetry. */
function setupKinds(entries: JsonObject[], pointer: string): Fault[] {
  const present = new Set(entries.flatMap((entry) => Object.keys(kinds).filter((member) => Object.hasOwn(entry, member))));
  if (present.size === 1) return [];
  if (present.size === 0) return [rfcFault('setup-empty', pointer, '9244 7.1.2', 'A telemetry setup sets at least one thing: add "current-config", "total-pipe-capacity" or "baseline".')];
  const names = [...present].map((member) => kinds[member]).join(' and ');
  return [rfcFault('one-setup-kind', child(pointer, 'telemetry'), '9244 7', `One request sets up one kind of telemetry; this one mixes ${names}. Send one request for each.`)];
}

/** Capacity 0 deletes a link; to delete all of them is another request. */
function deletedPipes(entries: JsonObject[], pointer: string): Fault[] {
  return entries.flatMap((entry, index) => {
    const pipes = itemsOf(entry['total-pipe-capacity']).filter(isObject);
    if (pipes.length === 0 || !pipes.every((pipe) => exact(pipe.capacity) === 0n)) return [];
    return [rfcFault('all-pipes-zero', child(child(pointer, index), 'total-pipe-capacity'), '9244 7.2.1', 'A server refuses a request that sets every link to 0: delete the pipe information instead.')];
  });
}

/** The rules for telemetry before and during mitigations (RFC 9244 section 8). */
export function telemetryFaults(body: JsonObject, pointer: string, direction?: Direction): Fault[] {
  const member = 'pre-or-ongoing-mitigation';
  const entries = itemsOf(body[member]);
  const isStatus = direction === 'status';
  const list = child(pointer, member);
  return [
    ...entries.flatMap((entry, index) => (isObject(entry) ? targetFaults(entry, child(list, index)) : [])),
    ...(isStatus ? [] : emptyFaults(body, pointer, '9244 5.3')),
  ];
}

const telemetryTargets = [...selectors, 'alias-name', 'mid-list'];

function targetFaults(entry: JsonObject, pointer: string): Fault[] {
  const { target } = entry;
  if (target === undefined) return [rfcFault('target-missing', pointer, '9244 8.1.1', 'Telemetry says what it is about: add a "target".')];
  if (!isObject(target) || telemetryTargets.some((member) => Object.hasOwn(target, member))) return [];
  return [rfcFault('target-missing', child(pointer, 'target'), '9244 8.1.1', 'The target needs "target-prefix", "target-fqdn", "target-uri", "alias-name" or "mid-list".')];
}
