import { formatAddress, parseAddress } from '#dots/model/prefix';
import { FlowspecError } from './error';
import { floatOctets, floatOf, fromHex, toHex, toNumber, toOctets } from './octets';
import type { Action } from './rule';

/** The type octets of each form of rt-redirect (RFC 8955 section 7.4), its administrator's width, and its value's. */
const redirectForms = {
  as2: { type: [0x80, 0x08], administrator: 2, value: 4 },
  ipv4: { type: [0x81, 0x08], administrator: 4, value: 2 },
  as4: { type: [0x82, 0x08], administrator: 4, value: 2 },
} as const;

const sampleBit = 0x02;
const terminalBit = 0x01;

function field(value: number, octets: number, what: string): number[] {
  if (!Number.isInteger(value) || value < 0 || value >= 256 ** octets) {
    throw new FlowspecError(
      'flowspec/action-value',
      `${value} is not a valid ${what}: it must be a whole number below ${256 ** octets}.`,
    );
  }
  return toOctets(value, octets);
}

function rateOctets(subtype: number, as: number, rate: number): number[] {
  const octets = floatOctets(rate);
  if (!(rate >= 0) || !Number.isFinite(floatOf(octets))) {
    throw new FlowspecError(
      'flowspec/action-value',
      `${rate} is not a valid rate: it must be 0 or more and below 3.4e38.`,
    );
  }
  return [0x80, subtype, ...field(as, 2, 'AS number'), ...octets];
}

function ipv6RedirectOctets(address: string, value: number): number[] {
  const octets = parseAddress(address);
  if (octets?.length !== 16) throw new FlowspecError('flowspec/action-value', `"${address}" is not an IPv6 address.`);
  return [0x00, 0x0d, ...octets, ...field(value, 2, 'local administrator')];
}

function actionOctets(action: Action): number[] {
  switch (action.kind) {
    case 'traffic-rate-bytes':
      return rateOctets(0x06, action.as, action.rate);
    case 'traffic-rate-packets':
      return rateOctets(0x0c, action.as, action.rate);
    case 'traffic-action':
      return [0x80, 0x07, 0, 0, 0, 0, 0, (action.sample ? sampleBit : 0) | (action.terminal ? terminalBit : 0)];
    case 'rt-redirect': {
      const form = redirectForms[action.form];
      const administrator = field(action.administrator, form.administrator, 'administrator of a route target');
      return [...form.type, ...administrator, ...field(action.value, form.value, 'value of a route target')];
    }
    case 'rt-redirect-ipv6':
      return ipv6RedirectOctets(action.address, action.value);
    case 'traffic-marking':
      if (action.dscp > 63)
        throw new FlowspecError('flowspec/action-value', `${action.dscp} is not a DSCP: it must be at most 63.`);
      return [0x80, 0x09, 0, 0, 0, 0, 0, ...field(action.dscp, 1, 'DSCP')];
  }
}

/**
 * The extended community of an action: 16 hex digits, or 40 for a redirect to an IPv6 route target.
 * Throws FlowspecError for a value that has no such form (negative rate, DSCP above 63, ...).
 */
export function encodeAction(action: Action): string {
  return toHex(actionOctets(action));
}

/** Reads a rate: negative counts as 0 (RFC 8955 section 7.1). */
function readRate(octets: readonly number[]): { as: number; rate: number } {
  const rate = floatOf(octets.slice(4));
  if (!Number.isFinite(rate)) throw new FlowspecError('flowspec/action-value', 'the rate is not a finite number.', 4);
  return { as: toNumber(octets.slice(2, 4)), rate: Math.max(0, rate) || 0 };
}

function readRedirect(form: keyof typeof redirectForms, octets: readonly number[]): Action {
  const split = 2 + redirectForms[form].administrator;
  return {
    kind: 'rt-redirect',
    form,
    administrator: toNumber(octets.slice(2, split)),
    value: toNumber(octets.slice(split)),
  };
}

/** How to read each traffic filtering action, by its type and sub-type octets. */
const readers: Record<string, (octets: readonly number[]) => Action> = {
  '8006': (octets) => ({ kind: 'traffic-rate-bytes', ...readRate(octets) }),
  '800c': (octets) => ({ kind: 'traffic-rate-packets', ...readRate(octets) }),
  '8007': (octets) => ({
    kind: 'traffic-action',
    sample: ((octets[7] ?? 0) & sampleBit) !== 0,
    terminal: ((octets[7] ?? 0) & terminalBit) !== 0,
  }),
  '8008': (octets) => readRedirect('as2', octets),
  '8108': (octets) => readRedirect('ipv4', octets),
  '8208': (octets) => readRedirect('as4', octets),
  '8009': (octets) => ({ kind: 'traffic-marking', dscp: (octets[7] ?? 0) & 0x3f }),
};

/**
 * Reads one extended community (8 octets, or 20 for IPv6-address-specific) in hex digits.
 * Throws FlowspecError for one that is not a traffic filtering action or cannot be read.
 */
export function decodeAction(hex: string): Action {
  const octets = fromHex(hex);
  const type = toHex(octets.slice(0, 2));
  if (octets.length === 20 && type === '000d') {
    return { kind: 'rt-redirect-ipv6', address: formatAddress(octets.slice(2, 18)), value: toNumber(octets.slice(18)) };
  }
  if (octets.length !== 8) {
    throw new FlowspecError(
      'flowspec/action-length',
      `an extended community has 8 octets (20 for an IPv6 route target), not ${octets.length}.`,
      Math.min(octets.length, 8),
    );
  }
  const read = readers[type];
  if (read === undefined)
    throw new FlowspecError('flowspec/action-type', `0x${type} is not a traffic filtering action.`, 0);
  return read(octets);
}

/** A whole number without sign, or NaN. */
function whole(text: string): number {
  return /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
}

/** An AS number, plain or as two numbers with a dot (RFC 5396). */
function asNumber(text: string): number {
  const [high, low, rest] = text.split('.');
  if (low === undefined) return whole(text);
  return rest === undefined && whole(high ?? '') < 65536 && whole(low) < 65536
    ? whole(high ?? '') * 65536 + whole(low)
    : Number.NaN;
}

/** What a route target looks like: for the hint of an error. */
export const routeTargetForms =
  'Write one such as 65000:100, 192.0.2.1:100 or [2001:db8::1]:100; the number after an address, or an AS number above 65535, is at most 65535, else 4294967295.';

/**
 * Reads a route target: `65000:100`, `4200000000:100`, `64086.59904:100`, `192.0.2.1:100` or `[2001:db8::1]:100`.
 * Undefined for other text and for numbers that do not fit.
 */
export function parseRouteTarget(text: string): Action | undefined {
  const colon = text.lastIndexOf(':');
  const head = text.slice(0, Math.max(0, colon));
  const value = whole(text.slice(colon + 1));
  const address = parseAddress(head.startsWith('[') && head.endsWith(']') ? head.slice(1, -1) : head);
  const action = redirectTo(head, address, value);
  try {
    encodeAction(action);
    return action;
  } catch (error) {
    if (error instanceof FlowspecError) return undefined;
    throw error;
  }
}

function redirectTo(head: string, address: number[] | undefined, value: number): Action {
  if (address?.length === 16) return { kind: 'rt-redirect-ipv6', address: formatAddress(address), value };
  if (address !== undefined) return { kind: 'rt-redirect', form: 'ipv4', administrator: toNumber(address), value };
  const administrator = asNumber(head);
  return { kind: 'rt-redirect', form: administrator < 65536 ? 'as2' : 'as4', administrator, value };
}

/** The route target of a redirect in the notation that `parseRouteTarget` reads. */
export function routeTargetText(action: Extract<Action, { kind: 'rt-redirect' | 'rt-redirect-ipv6' }>): string {
  if (action.kind === 'rt-redirect-ipv6') return `[${action.address}]:${action.value}`;
  const administrator =
    action.form === 'ipv4' ? formatAddress(toOctets(action.administrator, 4)) : String(action.administrator);
  return `${administrator}:${action.value}`;
}
