import type { Fault } from '../../model/finding';
import { isObject, type JsonObject, type JsonValue } from '../../model/json';
import { child } from '../../model/pointer';
import { exact } from '../../model/numbers';
import { advice, rfcFault } from './fault';

/** One parameter of a session configuration, such as `ack-timeout`. */
export interface Parameter {
  name: string;
  value: JsonObject;
  pointer: string;
}

const decimals = ['current-value-decimal', 'min-value-decimal', 'max-value-decimal'] as const;

const one = exact(1) as bigint;

/** What CoAP requires of its transmission parameters (RFC 7252 section 4.8.1). */
export function transmissionFaults({ name, value, pointer }: Parameter): Fault[] {
  if (name === 'ack-random-factor') return decimals.flatMap((member) => randomFactorFault(value, member, pointer));
  if (name === 'ack-timeout' || name.endsWith(':non-timeout')) return timeoutAdvice(name, value, pointer);
  return name === 'missing-hb-allowed' ? missingHeartbeatsAdvice(value, pointer) : [];
}

function randomFactorFault(value: JsonObject, member: string, pointer: string): Fault[] {
  const factor = exact(value[member]);
  if (factor === undefined || factor >= one) return [];
  return [
    rfcFault(
      'random-factor',
      child(pointer, member),
      '7252 4.8.1',
      'The random factor must not be below "1.00": it lengthens time-outs and never shortens them.',
    ),
  ];
}

function timeoutAdvice(name: string, value: JsonObject, pointer: string): Fault[] {
  const timeout = exact(value['current-value-decimal']);
  if (timeout === undefined || timeout >= one) return [];
  const why =
    timeout <= 0n
      ? 'A time-out of zero or below repeats a message before it can be answered'
      : 'A time-out below one second violates the guidelines for congestion control';
  return [
    advice(
      'short-timeout',
      child(pointer, 'current-value-decimal'),
      '7252 4.8.1',
      `${why}: set "${name}" to "1.00" or more ("2.00" is the default).`,
    ),
  ];
}

function missingHeartbeatsAdvice(value: JsonObject, pointer: string): Fault[] {
  if (value['current-value'] !== 0) return [];
  return [
    advice(
      'no-missing-heartbeat',
      child(pointer, 'current-value'),
      '9132 4.5.2',
      'With 0 the first lost heartbeat counts as the loss of the session; 15 is the default.',
    ),
  ];
}

/** What one group of parameters requires of several of them together. */
export function groupFaults(group: JsonValue | undefined, pointer: string): Fault[] {
  return isObject(group) ? [...heartbeatRate(group, pointer), ...receiveTimeout(group, pointer)] : [];
}

/** The datagram of an encrypted heartbeat over DTLS with its CoAP header, path and body, octets, rounded down. */
const heartbeatOctets = 80;

/** The recommended interval of heartbeats, seconds (RFC 9132 section 4.5.2). */
const defaultInterval = 30;

/** A heartbeat must not exceed what the probing rate allows within one interval (RFC 9132 section 4.5.2). */
function heartbeatRate(group: JsonObject, pointer: string): Fault[] {
  const interval = current(group, 'heartbeat-interval') ?? defaultInterval;
  const rate = current(group, 'probing-rate');
  if (typeof interval !== 'number' || typeof rate !== 'number' || interval === 0) return [];
  if (interval * rate >= heartbeatOctets) return [];
  return [
    advice(
      'probing-rate',
      child(child(pointer, 'probing-rate'), 'current-value'),
      '9132 4.5.2',
      `${rate} octets per second allow ${interval * rate} octets in one heartbeat interval, and a heartbeat over DTLS has about ${heartbeatOctets}: set at least ${Math.ceil(heartbeatOctets / interval)}.`,
    ),
  ];
}

const robust = 'ietf-dots-robust-trans:';

/** One second more than the longest delay between two sets of payloads (RFC 9177 section 7.2, RFC 9362 section 3). */
function receiveTimeout(group: JsonObject, pointer: string): Fault[] {
  const read = (name: string): bigint | undefined => exact(current(group, name, '-decimal'));
  const [timeout, receive] = [read(`${robust}non-timeout`), read(`${robust}non-receive-timeout`)];
  const factor = read('ack-random-factor') ?? (exact('1.50') as bigint);
  if (timeout === undefined || receive === undefined) return [];
  if (receive * one >= timeout * factor + one * one) return [];
  return [
    rfcFault(
      'receive-timeout',
      child(child(pointer, `${robust}non-receive-timeout`), 'current-value-decimal'),
      '9177 7.2',
      '"non-receive-timeout" must be at least one second longer than "non-timeout" times the random factor ("1.50" unless set).',
      { related: [{ pointer: child(pointer, `${robust}non-timeout`), message: 'the time-out' }] },
    ),
  ];
}

function current(group: JsonObject, name: string, suffix = ''): JsonValue | undefined {
  const parameter = group[name];
  return isObject(parameter) ? parameter[`current-value${suffix}`] : undefined;
}
