import type { Fault } from '../../model/finding';
import { isObject, type JsonObject, type JsonValue } from '../../model/json';
import { child } from '../../model/pointer';
import { exact } from '#dots/model/numbers';
import { serverOnlyBounds, type Direction } from '#dots/model/direction';
import { advice, rfcFault } from './fault';
import { groupFaults, transmissionFaults, type Parameter } from './transmission';

const groups = ['mitigating-config', 'idle-config'] as const;

/** The rules for session configurations (RFC 9132 section 4.5). */
export function configFaults(body: JsonObject, pointer: string, direction?: Direction): Fault[] {
  const parameters = groups.flatMap((group) => parametersOf(body[group], child(pointer, group)));
  const isStatus = direction === 'status';
  return [
    ...(isStatus || parameters.some(isSet)
      ? []
      : [
          rfcFault(
            'config-empty',
            pointer,
            '9132 4.5.2',
            'A session configuration sets at least one parameter: add "heartbeat-interval", "missing-hb-allowed" or another parameter.',
          ),
        ]),
    ...parameters.flatMap(boundFaults),
    ...parameters.flatMap(transmissionFaults),
    ...groups.flatMap((group) => groupFaults(body[group], child(pointer, group))),
    ...maxPayloads(parameters),
    ...(isStatus ? [] : parameters.flatMap(requestFaults)),
  ];
}

/** An empty container is as good as none (RFC 7950 section 7.5.1). */
const isSet = ({ value }: Parameter): boolean =>
  ['current-value', 'current-value-decimal'].some((member) => Object.hasOwn(value, member));

function parametersOf(group: JsonValue | undefined, pointer: string): Parameter[] {
  if (!isObject(group)) return [];
  return Object.entries(group).flatMap(([name, value]) =>
    isObject(value) ? [{ name, value, pointer: child(pointer, name) }] : [],
  );
}

function requestFaults({ name, value, pointer }: Parameter): Fault[] {
  const foreign = serverOnlyBounds
    .filter((member) => Object.hasOwn(value, member))
    .map((member) =>
      rfcFault(
        'server-only-member',
        child(pointer, member),
        '9132 4.5.2',
        `Only a server writes "${member}"; remove it from the request.`,
        { atName: true },
      ),
    );
  const seconds = value['current-value'];
  if (
    name !== 'heartbeat-interval' ||
    typeof seconds !== 'number' ||
    seconds === 0 ||
    (seconds >= 15 && seconds <= 240)
  )
    return foreign;
  return [
    ...foreign,
    advice(
      'heartbeat-interval',
      child(pointer, 'current-value'),
      '9132 4.5.2',
      `Heartbeats every ${seconds} seconds are outside the recommended 15 to 240 seconds; 0 turns them off.`,
    ),
  ];
}

/** Each value is within the bounds beside it (RFC 9132 section 4.5.1). */
function boundFaults({ name, value, pointer }: Parameter): Fault[] {
  const suffix = Object.hasOwn(value, 'current-value-decimal') ? '-decimal' : '';
  const member = `current-value${suffix}`;
  const [low, current, high] = [`min-value${suffix}`, member, `max-value${suffix}`].map((key) => exact(value[key]));
  if (low !== undefined && high !== undefined && high < low)
    return [
      rfcFault(
        'bounds-reversed',
        child(pointer, `max-value${suffix}`),
        '9132 4.5.1',
        `The largest value of "${name}" is below the smallest one.`,
        { related: [{ pointer: child(pointer, `min-value${suffix}`), message: 'the smallest value' }] },
      ),
    ];
  if (current === undefined || ((low === undefined || low <= current) && (high === undefined || current <= high)))
    return [];
  return [
    rfcFault(
      'outside-bounds',
      child(pointer, member),
      '9132 4.5.1',
      `The value of "${name}" is outside the bounds given beside it.`,
    ),
  ];
}

/** One number for both situations (RFC 9362 section 3). */
function maxPayloads(parameters: readonly Parameter[]): Fault[] {
  const [one, other] = parameters.filter(
    ({ name, value }) => name.endsWith(':max-payloads') && value['current-value'] !== undefined,
  );
  if (one === undefined || other === undefined || one.value['current-value'] === other.value['current-value'])
    return [];
  return [
    rfcFault(
      'max-payloads-differ',
      child(other.pointer, 'current-value'),
      '9362 3',
      '"max-payloads" must have one value in "mitigating-config" and "idle-config".',
      {
        related: [{ pointer: child(one.pointer, 'current-value'), message: 'the other value' }],
      },
    ),
  ];
}
