import type { Fault } from '../../model/finding';
import { isObject, itemsOf, type JsonObject, type JsonValue } from '../../model/json';
import { child } from '../../model/pointer';
import { exact } from '../../model/numbers';
import { rfcFault } from './fault';

const percentiles = ['low-percentile', 'mid-percentile', 'high-percentile'] as const;

/** Seconds of the labels of `interval` and `sample`; a month has at least 28 days (RFC 9244 section 11.1). */
const seconds: Readonly<Record<string, number>> = {
  second: 1,
  '5-seconds': 5,
  '30-seconds': 30,
  minute: 60,
  '5-minutes': 300,
  '10-minutes': 600,
  '30-minutes': 1800,
  hour: 3600,
  day: 86_400,
  week: 604_800,
  month: 2_419_200,
};

/**
 * The rules for every group of telemetry parameters of a setup: current, smallest and largest values (RFC 9244 section
 * 7.1).
 */
export function telemetryConfigFaults(body: JsonObject, pointer: string): Fault[] {
  const list = child(pointer, 'telemetry');
  const current = itemsOf(body.telemetry).map((entry, index): [JsonValue | undefined, string] => [
    isObject(entry) ? entry['current-config'] : undefined,
    child(child(list, index), 'current-config'),
  ]);
  const bounds = ['min-config-values', 'max-config-values'].map((name): [JsonValue | undefined, string] => [
    body[name],
    child(pointer, name),
  ]);
  return [
    ...[...current, ...bounds].flatMap(([config, place]) => (isObject(config) ? groupFaults(config, place) : [])),
    ...reversedBounds(body, pointer),
  ];
}

function groupFaults(config: JsonObject, pointer: string): Fault[] {
  return [...percentileFaults(config, pointer), ...sampleFaults(config, pointer)];
}

const hundred = exact(100) as bigint;

function percentileFaults(config: JsonObject, pointer: string): Fault[] {
  return percentiles
    .filter((name) => {
      const value = exact(config[name]);
      return value !== undefined && (value < 0n || value > hundred);
    })
    .map((name) =>
      rfcFault(
        'percentile-range',
        child(pointer, name),
        '9244 11.1',
        'A percentile is between "0.00" and "100.00"; "0.00" disables the low percentile.',
      ),
    );
}

function sampleFaults(config: JsonObject, pointer: string): Fault[] {
  const { 'measurement-sample': sample, 'measurement-interval': interval } = config;
  const [short, long] = [seconds[String(sample)], seconds[String(interval)]];
  if (short === undefined || long === undefined || short < long) return [];
  return [
    rfcFault(
      'sample-interval',
      child(pointer, 'measurement-sample'),
      '9244 11.1',
      `The sample (${String(sample)}) must be shorter than the interval (${String(interval)}): choose a shorter "measurement-sample" or a longer "measurement-interval".`,
      { related: [{ pointer: child(pointer, 'measurement-interval'), message: 'the interval' }] },
    ),
  ];
}

/**
 * The largest values are not below the smallest (RFC 9244 section 7.1.1); YANG compares only the notification interval.
 */
function reversedBounds(body: JsonObject, pointer: string): Fault[] {
  const { 'min-config-values': least, 'max-config-values': most } = body;
  if (!isObject(least) || !isObject(most)) return [];
  const named = ['measurement-interval', 'measurement-sample', ...percentiles];
  const valueOf = (value: JsonValue | undefined): bigint | undefined => exact(seconds[String(value)] ?? value);
  return named
    .filter((name) => {
      const [low, high] = [valueOf(least[name]), valueOf(most[name])];
      return low !== undefined && high !== undefined && high < low;
    })
    .map((name) =>
      rfcFault(
        'bounds-reversed',
        child(child(pointer, 'max-config-values'), name),
        '9244 7.1.1',
        `The largest value of "${name}" is below the smallest one.`,
        { related: [{ pointer: child(child(pointer, 'min-config-values'), name), message: 'the smallest value' }] },
      ),
    );
}
