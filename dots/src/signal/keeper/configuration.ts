import { defaultParameters, type TransmissionParameters } from '#dots/coap/messages/parameters';
import { documentType } from '#dots/model/documents';
import { isObject, type JsonObject, type JsonValue } from '#dots/model/json';
import type { HeartbeatTiming } from './heartbeats';

/** A parameter of a session: its name in a document, and how it is written there. */
interface Parameter {
  member: string;
  /** decimal64 with two digits. */
  decimal?: true;
  /** 0 switches it off, whatever the range. */
  zero?: true;
  /** Not negotiated over a reliable transport (RFC 9132 section 4.5). */
  datagram?: true;
  /** The default of RFC 9132 section 4.5.2; absent for those of RFC 9362, which are only carried. */
  preset?: number;
}

const robust = (name: string): string => `ietf-dots-robust-trans:${name}`;

/** The parameters of RFC 9132 section 4.5.1 and of RFC 9362 section 3. */
const parameters = {
  heartbeatInterval: { member: 'heartbeat-interval', zero: true, preset: 30 },
  missingHbAllowed: { member: 'missing-hb-allowed', datagram: true, preset: 15 },
  probingRate: { member: 'probing-rate', datagram: true, preset: 5 },
  maxRetransmit: { member: 'max-retransmit', datagram: true, preset: 3 },
  ackTimeout: { member: 'ack-timeout', datagram: true, decimal: true, preset: 2 },
  ackRandomFactor: { member: 'ack-random-factor', datagram: true, decimal: true, preset: 1.5 },
  maxPayloads: { member: robust('max-payloads'), datagram: true },
  nonMaxRetransmit: { member: robust('non-max-retransmit'), datagram: true },
  nonTimeout: { member: robust('non-timeout'), datagram: true, decimal: true },
  nonReceiveTimeout: { member: robust('non-receive-timeout'), datagram: true, decimal: true },
  nonProbingWait: { member: robust('non-probing-wait'), datagram: true, decimal: true },
  nonPartialTimeout: { member: robust('non-partial-timeout'), datagram: true, decimal: true },
} satisfies Record<string, Parameter>;

type ParameterName = keyof typeof parameters;
const names = Object.keys(parameters) as ParameterName[];
const parameterOf = (name: ParameterName): Parameter => parameters[name];

/** The values of one set; durations in seconds. Those of RFC 9362 are absent where the server has none. */
export type ConfigurationSet = Readonly<Partial<Record<ParameterName, number>>>;

/** The values while a mitigation is active, and while none is: RFC 9132 section 4.5. */
export interface SessionConfiguration {
  mitigating: ConfigurationSet;
  idle: ConfigurationSet;
}

const sets = { mitigating: 'mitigating-config', idle: 'idle-config' } as const;
const { topMember } = documentType('signal-config');

/** The defaults of RFC 9132 section 4.5.2, which apply to what is not negotiated. */
const presets: ConfigurationSet = Object.fromEntries(
  names.flatMap((name) => {
    const { preset } = parameterOf(name);
    return preset === undefined ? [] : [[name, preset]];
  }),
);
export const defaultConfiguration: SessionConfiguration = { mitigating: presets, idle: presets };

/** What a server has and accepts of one parameter. */
interface Announced {
  current: number | undefined;
  least: number;
  most: number;
}

/** The configuration that results from the answer of a server, and what has to be sent for it. */
export interface Outcome {
  configuration: SessionConfiguration;
  /** The body of a PUT, where the server has other values than those wanted, or some out of its own ranges. */
  request: JsonObject | undefined;
}

/**
 * Compares what a server announces with what this client is configured for: a wanted value is moved into the range of
 * the server; what is not wanted stays as the server has it (RFC 9132 section 4.5.2).
 * @param wanted a body of the same form as that of a request; absent values are not wanted
 * @param isReliable whether the session uses a reliable transport, for which few parameters are negotiated
 */
export function negotiated(
  answer: JsonObject | undefined,
  wanted: JsonObject | undefined,
  isReliable: boolean,
): Outcome {
  const changes: JsonObject = {};
  const setOf = (set: keyof SessionConfiguration): ConfigurationSet => {
    const [theirs, ours] = [groupOf(answer, set), groupOf(wanted, set)];
    const changed: JsonObject = {};
    const values = names.flatMap((name): [ParameterName, number][] => {
      const announced = announcedIn(theirs, name);
      const value = settledValue(name, announced, valueIn(ours, name, 'current'));
      const isOpen = !(isReliable && parameterOf(name).datagram === true);
      if (isOpen && announced !== undefined && value !== undefined && value !== announced.current)
        changed[parameterOf(name).member] = written(name, value);
      return value === undefined ? [] : [[name, value]];
    });
    if (Object.keys(changed).length > 0) changes[sets[set]] = changed;
    return Object.fromEntries(values);
  };
  const configuration = { mitigating: setOf('mitigating'), idle: setOf('idle') };
  const request = Object.keys(changes).length === 0 ? undefined : { [topMember]: changes };
  return { configuration, request };
}

/** The values as the server has them, without any wish. */
export function announcedConfiguration(answer: JsonObject | undefined): SessionConfiguration {
  return negotiated(answer, undefined, false).configuration;
}

/** The heartbeats of a set. */
export function timingOf({ heartbeatInterval = 30, missingHbAllowed = 15 }: ConfigurationSet): HeartbeatTiming {
  return { intervalMs: heartbeatInterval * 1000, missingAllowed: missingHbAllowed };
}

/** The transmission parameters of a set; those that are not negotiated keep their defaults. */
export function transmissionOf({
  maxRetransmit,
  ackTimeout,
  ackRandomFactor,
}: ConfigurationSet): TransmissionParameters {
  return {
    ...defaultParameters,
    ...(maxRetransmit !== undefined && { maxRetransmit }),
    ...(ackTimeout !== undefined && { ackTimeout: ackTimeout * 1000 }),
    ...(ackRandomFactor !== undefined && { ackRandomFactor }),
  };
}

function groupOf(document: JsonObject | undefined, set: keyof SessionConfiguration): JsonObject {
  const body = document?.[topMember];
  const group = isObject(body) ? body[sets[set]] : undefined;
  return isObject(group) ? group : {};
}

function announcedIn(group: JsonObject, name: ParameterName): Announced | undefined {
  if (!isObject(group[parameterOf(name).member])) return undefined;
  return {
    current: valueIn(group, name, 'current'),
    least: valueIn(group, name, 'min') ?? -Infinity,
    most: valueIn(group, name, 'max') ?? Infinity,
  };
}

/** A parameter that the server does not announce keeps its default; nothing is negotiated about it. */
function settledValue(name: ParameterName, announced: Announced | undefined, wanted?: number): number | undefined {
  const { zero, preset } = parameterOf(name);
  if (announced === undefined) return preset;
  const value = wanted ?? announced.current ?? preset;
  if (value === undefined || (zero === true && value === 0)) return value;
  return Math.min(Math.max(value, announced.least), announced.most);
}

function valueIn(group: JsonObject, name: ParameterName, bound: 'current' | 'min' | 'max'): number | undefined {
  const { member, decimal } = parameterOf(name);
  const parameter = group[member];
  const value = isObject(parameter) ? parameter[`${bound}-value${decimal === true ? '-decimal' : ''}`] : undefined;
  const number = typeof value === 'number' || typeof value === 'string' ? Number(value) : NaN;
  return Number.isFinite(number) ? number : undefined;
}

function written(name: ParameterName, value: number): JsonValue {
  return parameterOf(name).decimal === true
    ? { 'current-value-decimal': value.toFixed(2) }
    : { 'current-value': value };
}
