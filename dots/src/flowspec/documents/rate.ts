import type { Findings } from './findings';
import { numberIn } from '#dots/model/numbers';
import { quote, type Located } from './values';
import type { Action } from '../bgp/rule';

/** The number that the four octets of a rate represent. */
function wireRate(rate: number): number {
  return Math.fround(rate);
}

/**
 * The action for `rate-limit` in bytes per second, the unit of both RFC 8783 and Flowspec. Reports that the 32-bit
 * float of the wire rounds it, and that a rate of 0 discards. Undefined, with a finding, for a value that is not a
 * rate.
 */
export function rateActions(located: Located, report: Findings): Action[] | undefined {
  const rate = typeof located.value === 'string' ? numberIn(located.value) : undefined;
  if (rate === undefined || !(rate >= 0) || rate > 1e17) {
    report.error(
      located,
      'flowspec/value',
      '8783 7.2',
      `${quote(located.value)} is not a rate in bytes per second such as "125000.00", so there is no rule.`,
    );
    return undefined;
  }
  noteRate(located, rate, report);
  return [{ kind: 'traffic-rate-bytes', as: 0, rate }];
}

function noteRate(located: Located, rate: number, report: Findings): void {
  if (rate === 0)
    report.warning(
      located,
      'flowspec/rate-zero',
      '8955 7.1',
      'A rate of 0 discards everything that matches. If that is intended, write forwarding drop.',
    );
  else if (wireRate(rate) !== rate) {
    report.information(
      located,
      'flowspec/rate-rounded',
      '8955 7.1',
      `The rate is sent as a 32-bit float: ${rate} becomes ${wireRate(rate)} byte/s.`,
    );
  }
}
