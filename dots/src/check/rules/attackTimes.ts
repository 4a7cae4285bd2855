import type { Fault } from '../../model/finding';
import { isObject, itemsOf, type JsonObject } from '../../model/json';
import { exact } from '../../model/numbers';
import { child } from '../../model/pointer';
import { advice } from './fault';

/**
 * An attack ends after it starts, in telemetry and in a mitigation (RFC 9244 section 8.1.5).
 * @param member the list of attacks
 */
export function attackTimes(owner: JsonObject, member: string, pointer: string): Fault[] {
  const list = child(pointer, member);
  return itemsOf(owner[member]).flatMap((attack, index) => {
    if (!isObject(attack)) return [];
    const [start, end] = [exact(attack['start-time']), exact(attack['end-time'])];
    if (start === undefined || end === undefined || start <= end) return [];
    return [
      advice(
        'attack-times',
        child(child(list, index), 'end-time'),
        '9244 8.1.5',
        'The attack ends before it starts: check "start-time" and "end-time", both in seconds since 1970.',
        { related: [{ pointer: child(child(list, index), 'start-time'), message: 'the start' }] },
      ),
    ];
  });
}
