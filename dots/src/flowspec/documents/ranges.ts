import type { JsonObject } from '#dots/model/json';
import { interval, union, type IntervalSet } from '../packets/intervals';
import type { Findings } from './findings';
import { asNumber, asObject, filledEntries, member, members, type Located } from './values';

/** Reads a list of port or ICMP type ranges into a set; undefined if one of them cannot be read. */
export function readRanges(
  list: Located | undefined,
  names: readonly [lower: string, upper: string],
  most: number,
  report: Findings,
): IntervalSet | undefined {
  const ranges = filledEntries(list, report)?.map((entry) => {
    const range = asObject(entry, report);
    return range && readRange(range, names, most, report);
  });
  return ranges === undefined || ranges.includes(undefined) ? undefined : union(ranges as IntervalSet[]);
}

function readRange(
  range: Located<JsonObject>,
  names: readonly [string, string],
  most: number,
  report: Findings,
): IntervalSet | undefined {
  const [lower, upper] = [member(range, names[0]), member(range, names[1])];
  const unknown = members(range).find(([name]) => !names.includes(name));
  if (unknown !== undefined)
    report.error(
      unknown[1],
      'flowspec/unknown-member',
      '9132 4.4.1.1',
      `"${unknown[0]}" is not known in a range of ${names[0]} to ${names[1]}.`,
      true,
    );
  if (lower === undefined) report.error(range, 'flowspec/value', '9132 4.4.1.1', `"${names[0]}" is missing.`);
  const from = lower && asNumber(lower, most, report);
  const to = upper === undefined ? from : asNumber(upper, most, report);
  if (from === undefined || to === undefined || unknown !== undefined) return undefined;
  if (from <= to) return interval(from, to + 1);
  report.error(range, 'flowspec/value', '9132 4.4.1.1', `The range ends at ${to}, before its start at ${from}.`);
  return undefined;
}
