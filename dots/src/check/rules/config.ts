import type { Fault } from '../../model/finding';
import { isObject, type JsonObject } from '../../model/json';
import { child } from '../../model/pointer';
import { exact } from '../numbers';
import { rfcFault } from './fault';

/** Each parameter lies between the bounds that stand beside it (RFC 9132 section 4.5). */
export function configFaults(body: JsonObject, pointer: string): Fault[] {
  return ['mitigating-config', 'idle-config'].flatMap((group) => {
    const parameters = body[group];
    if (!isObject(parameters)) return [];
    return Object.entries(parameters).flatMap(([name, parameter]) => (isObject(parameter) ? boundFaults(name, parameter, child(child(pointer, group), name)) : []));
  });
}

function boundFaults(name: string, parameter: JsonObject, pointer: string): Fault[] {
  const suffix = Object.hasOwn(parameter, 'current-value-decimal') ? '-decimal' : '';
  const member = `current-value${suffix}`;
  const [low, current, high] = [`min-value${suffix}`, member, `max-value${suffix}`].map((key) => exact(parameter[key]));
  if (current === undefined || ((low === undefined || low <= current) && (high === undefined || current <= high))) return [];
  return [rfcFault('outside-bounds', child(pointer, member), '9132 4.5.1', `"${name}" is outside the bounds that stand beside it.`)];
}
