import type { TelemetryEntry } from '#dots/dotsServer/state/telemetry';
import { isObject, itemsOf, type JsonObject, type JsonValue } from '#dots/model/json';
import { overlaps, parsePrefix, type Prefix } from '#dots/model/prefix';
import type { NumberRange } from '#dots/model/trafficClass';
import type { Policy, Role } from '#dots/workspace/policy/policy';
import type { Baseline } from './policy/baseline';
import type { Reported, RequestFacts } from './policy/facts';
import { vectorsOfRequest } from './policy/vectors';
import type { ScopeShape } from './policy/checks';

/** Telemetry, and the name of the client that sent it. */
export interface ReceivedTelemetry extends TelemetryEntry {
  client: string;
}

/** Who asks, and what others have reported. */
export interface Circumstances {
  client: string;
  role: Role;
  policy: Policy;
  telemetry: readonly ReceivedTelemetry[];
  /** Milliseconds since 1970. */
  now: number;
}

/** What DOTS messages say of a request: itself, and telemetry for its targets (RFC 9244). */
export function requestFacts(scope: JsonObject, circumstances: Circumstances): RequestFacts {
  const { client, role } = circumstances;
  const targets = prefixesOf(scope['target-prefix']);
  const reports = reportsFor(targets, circumstances);
  const volume = highest([
    ...peaksIn(scope['ietf-dots-telemetry:total-attack-traffic']).map((value) => ({
      value,
      by: client,
      secondsAgo: 0,
    })),
    ...reports.flatMap(({ entry, by, secondsAgo }) =>
      peaksIn(entry['total-attack-traffic']).map((value) => ({ value, by, secondsAgo })),
    ),
  ]);
  const details = [scope['ietf-dots-telemetry:attack-detail'], ...reports.map(({ entry }) => entry['attack-detail'])];
  const vectors = vectorsOfRequest({ ...matchOf(scope), descriptions: details.flatMap(descriptionsIn) });
  return { client, role, targets, vectors, ...(volume && { volume }), linkLoads: linkLoads(circumstances) };
}

/** The protocols and ports that a scope names. */
export function matchOf(scope: JsonObject): {
  protocols: number[];
  sourcePorts: NumberRange[];
  destinationPorts: NumberRange[];
} {
  return {
    protocols: itemsOf(scope['target-protocol']).map(Number),
    sourcePorts: rangesOf(scope['ietf-dots-call-home:source-port-range']),
    destinationPorts: rangesOf(scope['target-port-range']),
  };
}

/** What a scope has that narrows it. */
export function shapeOf(scope: JsonObject): ScopeShape {
  const has = (name: string): boolean => itemsOf(scope[name]).length > 0;
  return {
    acls: has('ietf-dots-signal-control:acl-list'),
    targetPorts: has('target-port-range'),
    sources: ['source-prefix', 'source-port-range', 'source-icmp-type-range'].some((name) =>
      has(`ietf-dots-call-home:${name}`),
    ),
  };
}

/** The baselines that clients have reported (RFC 9244 section 7.3). */
export function baselinesIn(telemetry: readonly ReceivedTelemetry[]): Baseline[] {
  return telemetry
    .filter(({ kind }) => kind === 'tsid')
    .flatMap(({ body, client }) =>
      objectsIn(body.telemetry).flatMap((entry) =>
        objectsIn(entry.baseline).map((baseline) => ({
          name: `baseline ${String(baseline.id)} of ${client}`,
          targets: prefixesOf(baseline['target-prefix']),
          protocols: itemsOf(baseline['target-protocol']).map(Number),
          ports: rangesOf(baseline['target-port-range']),
        })),
      ),
    );
}

const prefixesOf = (list: JsonValue | undefined): Prefix[] =>
  itemsOf(list).flatMap((text) => parsePrefix(String(text)) ?? []);

const objectsIn = (list: JsonValue | undefined): JsonObject[] => itemsOf(list).filter(isObject);

function rangesOf(list: JsonValue | undefined): NumberRange[] {
  return objectsIn(list).map(({ 'lower-port': from, 'upper-port': to }): NumberRange => [
    Number(from),
    Number(to ?? from),
  ]);
}

interface Report {
  entry: JsonObject;
  by: string;
  secondsAgo: number;
}

/** Telemetry before and during attacks on some of the targets. */
function reportsFor(targets: readonly Prefix[], { telemetry, now }: Circumstances): Report[] {
  return telemetry
    .filter(({ kind }) => kind === 'tmid')
    .flatMap(({ body, client, at }) =>
      objectsIn(body['pre-or-ongoing-mitigation'])
        .filter(({ target }) => {
          const about = prefixesOf(isObject(target) ? target['target-prefix'] : undefined);
          return about.some((one) => targets.some((other) => overlaps(one, other)));
        })
        .map((entry) => ({ entry, by: client, secondsAgo: ageOf(at, now) })),
    );
}

const ageOf = (at: number | undefined, now: number): number => Math.max(0, Math.round((now - (at ?? now)) / 1000));

/** Loads that telemetry systems report for the links that they watch, as shares of their capacity. */
function linkLoads({ policy, telemetry, now }: Circumstances): Map<string, Reported> {
  const loads = new Map<string, Reported>();
  for (const { client, kind, body, at } of telemetry) {
    const [link, ...more] = policy.clients.find(({ name }) => name === client)?.watches ?? [];
    const capacity = capacityOf(link, policy, telemetry);
    // A system that watches several links does not say which of them its totals are of.
    if (kind !== 'tmid' || link === undefined || more.length > 0 || capacity === undefined) continue;
    const peaks = objectsIn(body['pre-or-ongoing-mitigation']).flatMap((entry) => peaksIn(entry['total-traffic']));
    const load = highest(peaks.map((bits) => ({ value: bits / capacity, by: client, secondsAgo: ageOf(at, now) })));
    if (load !== undefined) loads.set(link, load);
  }
  return loads;
}

/** The capacity of a link: what a client reports for its link-id (RFC 9244 section 7.2), else that of the policy. */
function capacityOf(
  name: string | undefined,
  { links }: Policy,
  telemetry: readonly ReceivedTelemetry[],
): number | undefined {
  const link = links.find((each) => each.name === name);
  if (link?.linkId === undefined) return link?.capacity;
  const reported = telemetry
    .filter(({ kind }) => kind === 'tsid')
    .flatMap(({ body }) => objectsIn(body.telemetry))
    .flatMap((entry) => objectsIn(entry['total-pipe-capacity']))
    .filter(({ 'link-id': id }) => id === link.linkId)
    .flatMap(({ capacity, unit }) => {
      const factor = units[String(unit)];
      return factor === undefined ? [] : [Number(capacity) * factor];
    });
  return reported.at(-1) ?? link.capacity;
}

const highest = (reports: readonly Reported[]): Reported | undefined =>
  [...reports].sort((one, other) => other.value - one.value)[0];

/** Bits per second of each unit (RFC 9244 section 7.1.1); packets have no known length. */
const units: Readonly<Record<string, number>> = Object.fromEntries(
  ['', 'kilo', 'mega', 'giga', 'tera', 'peta', 'exa', 'zetta'].flatMap((scale, power) => [
    [`${scale}bit-ps`, 1000 ** power],
    [`${scale}byte-ps`, 8 * 1000 ** power],
  ]),
);

/** The highest value of each entry of a traffic list, bits per second. */
function peaksIn(list: JsonValue | undefined): number[] {
  return objectsIn(list).flatMap(({ unit, ...values }) => {
    const factor = units[String(unit)];
    const known = ['current-g', 'peak-g', 'high-percentile-g', 'mid-percentile-g', 'low-percentile-g'];
    const numbers = known.flatMap((name) => (values[name] === undefined ? [] : [Number(values[name])]));
    return factor === undefined || numbers.length === 0 ? [] : [Math.max(...numbers) * factor];
  });
}

const descriptionsIn = (list: JsonValue | undefined): string[] =>
  objectsIn(list).flatMap((detail) => {
    const text = detail['attack-description'];
    return typeof text === 'string' ? [text] : [];
  });
