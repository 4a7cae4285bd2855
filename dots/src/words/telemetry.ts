import { isObject, itemsOf, type JsonObject } from '#dots/model/json';
import { targetWords } from './targets';

/** What the entries of telemetry contain, one line each: their number, targets and members (RFC 9244 section 8). */
export function telemetryLines(body: JsonObject): string[] {
  return itemsOf(body['pre-or-ongoing-mitigation'])
    .filter(isObject)
    .map(({ tmid, target, ...members }) =>
      line('tmid', tmid, isObject(target) ? [targetWords(target)] : [], Object.keys(members)),
    );
}

/** What the entries of a telemetry setup contain, one line each (RFC 9244 section 7). */
export function telemetrySetupLines(body: JsonObject): string[] {
  const entries = itemsOf(body.telemetry)
    .filter(isObject)
    .map(({ tsid, ...members }) => line('tsid', tsid, [], Object.keys(members)));
  const limits = ['max-config-values', 'min-config-values', 'supported-unit-classes', 'supported-query-type'];
  const offered = limits.filter((member) => Object.hasOwn(body, member));
  return [...entries, ...(offered.length === 0 ? [] : [`The server accepts: ${offered.join(', ')} (below).`])];
}

function line(name: string, id: unknown, targets: readonly string[], members: readonly string[]): string {
  return [`${name} ${typeof id === 'number' ? id : 'without a number'}`, ...targets, members.join(', ')]
    .filter((part) => part !== '')
    .join('  ');
}
