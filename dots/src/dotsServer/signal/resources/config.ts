import type { CoapAnswer } from '#dots/coap/answer';
import type { Requester } from '#dots/coap/inbound';
import { documentType } from '#dots/model/documents';
import { isObject, type JsonObject, type JsonValue } from '#dots/model/json';
import { readBody } from '../requestBody';
import { documentAnswer, refuse } from '../refusal';
import type { Resource, ResourceRequest } from '../resource';

const { topMember } = documentType('signal-config');
const sets = ['mitigating-config', 'idle-config'] as const;

interface Range {
  min: number;
  max: number;
  current: number;
  /** decimal64 with two digits */
  decimal?: true;
  /** 0 switches it off */
  zero?: true;
}

/** The accepted ranges (RFC 9132 figure 20) and the initial values (section 4.5.2). */
const ranges: Record<string, Range> = {
  'heartbeat-interval': { min: 15, max: 240, current: 30, zero: true },
  'missing-hb-allowed': { min: 3, max: 20, current: 15 },
  'probing-rate': { min: 5, max: 20, current: 5 },
  'max-retransmit': { min: 2, max: 15, current: 3 },
  'ack-timeout': { min: 1, max: 30, current: 2, decimal: true },
  'ack-random-factor': { min: 1.1, max: 4, current: 1.5, decimal: true },
};

/** How long a client may rely on the configuration, seconds: RFC 9132 section 4.5.3. */
const maxAge = 86_400;

/** The values of each set that a client has chosen, by attribute. */
type Chosen = Record<(typeof sets)[number], Record<string, number>>;

interface Negotiated {
  sid: number;
  chosen: Chosen;
}

/**
 * The configuration of each session: RFC 9132 section 4.5.
 * @param changed is called when the configuration of a session has changed
 */
export function configResource(changed: (session: Requester) => void): Resource {
  const sessions = new WeakMap<Requester, Negotiated>();
  return {
    GET: ({ inbound, id }) => {
      const negotiated = sessions.get(inbound.endpoint);
      if (id !== undefined && negotiated?.sid !== id)
        throw refuse('4.04', `This session has no configuration with sid ${id}.`, '9132 4.5.2');
      return { ...documentAnswer('2.05', { [topMember]: describe(negotiated?.chosen) }), maxAge };
    },
    PUT: (request) => {
      const { endpoint } = request.inbound;
      const { answer, negotiated } = negotiate(request, sessions.get(endpoint));
      sessions.set(endpoint, negotiated);
      changed(endpoint);
      return answer;
    },
    DELETE: ({ inbound, id }) => {
      const known = sessions.get(inbound.endpoint);
      if (known !== undefined && (id === undefined || known.sid === id)) {
        sessions.delete(inbound.endpoint);
        changed(inbound.endpoint);
      }
      return { code: '2.02' };
    },
  };
}

/** A configuration with a higher sid replaces the previous one. */
function negotiate(
  { inbound, id: sid }: ResourceRequest,
  known: Negotiated | undefined,
): { answer: CoapAnswer; negotiated: Negotiated } {
  if (sid === undefined) throw refuse('4.00', 'A session configuration needs the sid in its path.', '9132 4.5.2');
  if (known !== undefined && sid < known.sid)
    throw refuse('4.00', `The sid must not decrease: this session already has ${known.sid}.`, '9132 4.5.2');
  const body = readBody(inbound.payload, 'signal-config');
  const chosen: Chosen = {
    'mitigating-config': chosenIn(body, 'mitigating-config'),
    'idle-config': chosenIn(body, 'idle-config'),
  };
  if (sets.every((set) => Object.keys(chosen[set]).length === 0))
    throw refuse('4.00', 'A session configuration needs at least one attribute.', '9132 4.5.2');
  return { answer: { code: known?.sid === sid ? '2.04' : '2.01' }, negotiated: { sid, chosen } };
}

/** The attributes of one set that this server negotiates; throws a Refusal (4.22) for a value out of its range. */
function chosenIn(body: JsonObject, set: string): Record<string, number> {
  const attributes = isObject(body[set]) ? body[set] : {};
  const chosen: Record<string, number> = {};
  for (const [name, range] of Object.entries(ranges)) {
    const value = currentValue(attributes[name], range);
    if (value === undefined) continue;
    if (!(value >= range.min && value <= range.max) && !(range.zero === true && value === 0)) {
      throw refuse(
        '4.22',
        `${set}/${name} must be between ${text(range.min, range)} and ${text(range.max, range)}, not ${text(value, range)}.`,
        '9132 4.5.2',
      );
    }
    chosen[name] = value;
  }
  return chosen;
}

function currentValue(attribute: JsonValue | undefined, { decimal }: Range): number | undefined {
  const value = isObject(attribute)
    ? attribute[decimal === true ? 'current-value-decimal' : 'current-value']
    : undefined;
  return value === undefined ? undefined : Number(value);
}

function describe(chosen: Chosen | undefined): JsonObject {
  return Object.fromEntries(
    sets.map((set) => [
      set,
      Object.fromEntries(
        Object.entries(ranges).map(([name, range]) => [name, describeOne(range, chosen?.[set][name])]),
      ),
    ]),
  );
}

function describeOne(range: Range, chosen: number | undefined): JsonObject {
  const { min, max, current, decimal } = range;
  const suffix = decimal === true ? '-decimal' : '';
  const value = (number: number): JsonValue => (decimal === true ? text(number, range) : number);
  return {
    [`max-value${suffix}`]: value(max),
    [`min-value${suffix}`]: value(min),
    [`current-value${suffix}`]: value(chosen ?? current),
  };
}

function text(value: number, { decimal }: Range): string {
  return decimal === true ? value.toFixed(2) : String(value);
}
