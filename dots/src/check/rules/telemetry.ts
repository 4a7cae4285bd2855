import type { Fault } from '../../model/finding';
import { isObject, itemsOf, type JsonObject, type JsonValue } from '../../model/json';
import { child } from '../../model/pointer';
import { serverOnlySetup, type Direction } from '#dots/model/direction';
import { exact } from '#dots/model/numbers';
import { attackTimes } from './attackTimes';
import { advice, rfcFault } from './fault';
import { telemetryConfigFaults } from './telemetryConfig';
import { emptyFaults, hostFaults, prefixFaults, selectors } from './target';

const kinds: Record<string, string> = {
  'current-config': 'configuration',
  'total-pipe-capacity': 'pipe',
  baseline: 'baseline',
};

/** The rules for telemetry setups (RFC 9244 section 7). */
export function telemetrySetupFaults(body: JsonObject, pointer: string, direction?: Direction): Fault[] {
  const entries = itemsOf(body.telemetry).filter(isObject);
  const config = telemetryConfigFaults(body, pointer);
  if (direction === 'status') return config;
  const list = child(pointer, 'telemetry');
  return [
    ...config,
    ...serverMembers(body, serverOnlySetup, pointer, '9244 7.1.1'),
    ...entries.flatMap((entry, index) => setupEntryFaults(entry, child(list, index))),
    ...setupKinds(entries, pointer),
    ...deletedPipes(entries, list),
    ...emptyFaults(body, pointer, '9244 5.3'),
  ];
}

function setupEntryFaults(entry: JsonObject, pointer: string): Fault[] {
  const { 'current-config': config } = entry;
  const list = child(pointer, 'baseline');
  return [
    ...serverMembers(entry, ['tsid'], pointer, '9244 7.1.2'),
    ...unitFaults(entry, pointer),
    ...(isObject(config) && Object.keys(config).length === 0
      ? [
          rfcFault(
            'setup-empty',
            child(pointer, 'current-config'),
            '9244 7.1.2',
            'A telemetry configuration sets at least one attribute: add "measurement-interval", "low-percentile" or another attribute.',
          ),
        ]
      : []),
    ...itemsOf(entry.baseline).flatMap((baseline, index) =>
      isObject(baseline) ? addressFaults(baseline, child(list, index), '9244 7.3') : [],
    ),
  ];
}

/**
 * Targets of telemetry are defined as those of a mitigation request, so the same addresses are excluded (RFC 9132
 * section 4.4.1.1).
 */
function addressFaults(target: JsonObject, pointer: string, rfc: string): Fault[] {
  return [...prefixFaults(target, 'target-prefix', pointer, rfc), ...hostFaults(target, pointer, rfc)];
}

/** Members that only a server writes; in a request they belong in the Uri-Path or nowhere. */
function serverMembers(owner: JsonObject, names: readonly string[], pointer: string, rfc: string): Fault[] {
  return names
    .filter((name) => Object.hasOwn(owner, name))
    .map((name) =>
      rfcFault(
        'server-only-member',
        child(pointer, name),
        rfc,
        `Only a server writes "${name}"; remove it from the request.`,
        { atName: true },
      ),
    );
}

/**
 * Pipes and baselines have one unit of each class, the largest in which the value exceeds one (RFC 9244 sections 7.2
 * and 7.3).
 */
function unitFaults(entry: JsonObject, pointer: string): Fault[] {
  const pipes = unitsOf(entry['total-pipe-capacity'], child(pointer, 'total-pipe-capacity'), '9244 7.2');
  const list = child(pointer, 'baseline');
  return [
    ...pipes,
    ...itemsOf(entry.baseline).flatMap((baseline, index) =>
      isObject(baseline)
        ? trafficLists.flatMap((name) => unitsOf(baseline[name], child(child(list, index), name), '9244 7.3'))
        : [],
    ),
  ];
}

const trafficLists = ['total-traffic-normal', 'total-traffic-normal-per-protocol', 'total-traffic-normal-per-port'];
const scales = ['', 'kilo', 'mega', 'giga', 'tera', 'peta', 'exa', 'zetta'];

function unitsOf(list: JsonValue | undefined, pointer: string, rfc: string): Fault[] {
  const first = new Map<string, number>();
  return itemsOf(list).flatMap((entry, index) => {
    const unit = isObject(entry) ? /^([a-z]*?)((?:packet|bit|byte)-ps)$/.exec(String(entry.unit)) : null;
    // A capacity of 0 deletes what was set in another unit before (section 7.2.1).
    if (!isObject(entry) || unit === null || (typeof entry.capacity === 'string' && exact(entry.capacity) === 0n))
      return [];
    const place = child(child(pointer, index), 'unit');
    const key = JSON.stringify([entry['link-id'], entry.protocol, entry.port, unit[2]]);
    const before = first.get(key);
    if (before !== undefined) {
      return [
        rfcFault(
          'one-unit-per-class',
          place,
          rfc,
          `Only one unit per unit class is allowed; "${unit[2] ?? ''}" already reports this value.`,
          {
            severity: 'warning',
            related: [{ pointer: child(child(pointer, before), 'unit'), message: 'the other one' }],
          },
        ),
      ];
    }
    first.set(key, index);
    return scaleAdvice(entry, unit, place, rfc);
  });
}

function scaleAdvice(
  { capacity }: JsonObject,
  [written = '', scale = '', unit = '']: readonly string[],
  place: string,
  rfc: string,
): Fault[] {
  const larger = scales[scales.indexOf(scale) + 1];
  if (
    typeof capacity !== 'string' ||
    larger === undefined ||
    !/^[0-9]{1,17}000$/.test(capacity) ||
    Number(capacity) < 2000
  )
    return [];
  return [
    advice(
      'unit-scale',
      place,
      rfc,
      `A client uses the largest unit in which the value exceeds one: ${capacity} ${written} is ${capacity.slice(0, -3)} ${larger}${unit}.`,
      { severity: 'information' },
    ),
  ];
}

/** One request sets up one kind of telemetry. */
function setupKinds(entries: JsonObject[], pointer: string): Fault[] {
  const present = new Set(
    entries.flatMap((entry) => Object.keys(kinds).filter((member) => Object.hasOwn(entry, member))),
  );
  if (present.size === 1) return [];
  if (present.size === 0)
    return [
      rfcFault(
        'setup-empty',
        pointer,
        '9244 7.1.2',
        'A telemetry setup needs at least one member: add "current-config", "total-pipe-capacity" or "baseline".',
      ),
    ];
  const names = [...present].map((member) => kinds[member]).join(' and ');
  return [
    rfcFault(
      'one-setup-kind',
      child(pointer, 'telemetry'),
      '9244 7',
      `One request sets up one kind of telemetry; this one mixes ${names}. Send one request for each.`,
    ),
  ];
}

/** Capacity 0 deletes a link; a different request deletes all of them. */
function deletedPipes(entries: JsonObject[], pointer: string): Fault[] {
  return entries.flatMap((entry, index) => {
    const pipes = itemsOf(entry['total-pipe-capacity']).filter(isObject);
    if (pipes.length === 0 || !pipes.every((pipe) => exact(pipe.capacity) === 0n)) return [];
    return [
      rfcFault(
        'all-pipes-zero',
        child(child(pointer, index), 'total-pipe-capacity'),
        '9244 7.2.1',
        'A server refuses a request that sets every link to 0: delete the pipe information instead.',
      ),
    ];
  });
}

/** The rules for telemetry before and during mitigations (RFC 9244 section 8). */
export function telemetryFaults(body: JsonObject, pointer: string, direction?: Direction): Fault[] {
  const member = 'pre-or-ongoing-mitigation';
  const entries = itemsOf(body[member]);
  const isStatus = direction === 'status';
  const list = child(pointer, member);
  return [
    ...entries.flatMap((entry, index) =>
      isObject(entry)
        ? [
            ...targetFaults(entry, child(list, index)),
            ...attackTimes(entry, 'attack-detail', child(list, index)),
            ...(isStatus ? statusFaults : requestFaults)(entry, child(list, index)),
          ]
        : [],
    ),
    ...(isStatus ? [] : emptyFaults(body, pointer, '9244 5.3')),
  ];
}

const requestFaults = (entry: JsonObject, pointer: string): Fault[] =>
  serverMembers(entry, ['tmid'], pointer, '9244 8.2');

/** A request with nothing but a target asks for telemetry; in a server's answer it carries no information. */
function statusFaults(entry: JsonObject, pointer: string): Fault[] {
  if (Object.keys(entry).some((name) => name !== 'target' && name !== 'tmid')) return [];
  return [
    rfcFault(
      'telemetry-empty',
      pointer,
      '9244 8.1.1',
      'Telemetry has only a target: add traffic, connections or attack details.',
      { severity: 'warning' },
    ),
  ];
}

const telemetryTargets = [...selectors, 'alias-name', 'mid-list'];

function targetFaults(entry: JsonObject, pointer: string): Fault[] {
  const { target } = entry;
  if (target === undefined)
    return [rfcFault('target-missing', pointer, '9244 8.1.1', 'Telemetry needs a target: add "target".')];
  if (!isObject(target)) return [];
  if (telemetryTargets.some((member) => Object.hasOwn(target, member)))
    return addressFaults(target, child(pointer, 'target'), '9244 8.1.1');
  return [
    rfcFault(
      'target-missing',
      child(pointer, 'target'),
      '9244 8.1.1',
      'The target needs "target-prefix", "target-fqdn", "target-uri", "alias-name" or "mid-list".',
    ),
  ];
}
