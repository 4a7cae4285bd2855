import type { Family } from '#dots/model/prefix';
import { FlowspecError } from './error';
import { readNlri } from './nlri';
import { fromHex, OctetReader, toHex, toNumber, toOctets } from './octets';
import type { Component, FlowspecRule } from './rule';

/** AFIs of the families (RFC 8955 section 4, RFC 8956 section 2). */
const afis: Record<Family, number> = { ipv4: 1, ipv6: 2 };
/** SAFI of Flowspec filtering rules. */
const safi = 133;

const updateType = 2;
const markerLength = 16;
const headerLength = markerLength + 3;
/** The longest message without RFC 8654. */
const longestMessage = 4096;

/** Path attributes by their type (RFC 4271, 4360, 4760, 5701). */
const attributeTypes = {
  origin: 1,
  asPath: 2,
  localPreference: 5,
  reach: 14,
  unreach: 15,
  extendedCommunities: 16,
  ipv6ExtendedCommunities: 25,
} as const;
/** Well-known and transitive. */
const wellKnown = 0x40;
/** Optional and transitive. */
const transitive = 0xc0;
/** Optional, not transitive. */
const local = 0x80;
const extendedLength = 0x10;

/** The announcing peer: within the AS (the default), or with its own AS number. */
export interface Announcer {
  as?: number;
}

function attribute(flags: number, type: number, value: readonly number[]): number[] {
  return [flags | extendedLength, type, ...toOctets(value.length, 2), ...value];
}

/**
 * The attributes of every announcement: origin IGP, and the AS path or local preference that the kind of session
 * requires.
 */
function commonAttributes({ as }: Announcer): number[] {
  const path = as === undefined ? [] : [2, 1, ...toOctets(as, 4)];
  const preference = as === undefined ? attribute(wellKnown, attributeTypes.localPreference, toOctets(100, 4)) : [];
  return [
    ...attribute(wellKnown, attributeTypes.origin, [0]),
    ...attribute(wellKnown, attributeTypes.asPath, path),
    ...preference,
  ];
}

function communityAttributes({ extendedCommunities, ipv6ExtendedCommunities = [] }: FlowspecRule): number[] {
  const list = (type: number, hex: readonly string[]): number[] =>
    hex.length === 0 ? [] : attribute(transitive, type, fromHex(hex.join('')));
  return [
    ...list(attributeTypes.extendedCommunities, extendedCommunities),
    ...list(attributeTypes.ipv6ExtendedCommunities, ipv6ExtendedCommunities),
  ];
}

function message(attributes: readonly number[]): string {
  const body = [0, 0, ...toOctets(attributes.length, 2), ...attributes];
  return toHex([
    ...new Array<number>(markerLength).fill(0xff),
    ...toOctets(headerLength + body.length, 2),
    updateType,
    ...body,
  ]);
}

/** The NLRIs in groups that fit into `space` octets. */
function chunks(rules: readonly FlowspecRule[], space: number): number[][] {
  const result: number[][] = [];
  for (const { nlri, text } of rules) {
    const octets = fromHex(nlri);
    if (octets.length > space)
      throw new FlowspecError(
        'flowspec/too-long',
        `The NLRI of ${octets.length} octets does not fit into a BGP message of ${longestMessage}: ${text}`,
        undefined,
        'Use ranges instead of single values, or several rules.',
      );
    const last = result.at(-1);
    if (last !== undefined && last.length + octets.length <= space) last.push(...octets);
    else result.push(octets);
  }
  return result;
}

/** Rules that can share a message: of one family, and for announcements with the same actions. */
function groups(rules: readonly FlowspecRule[], keyOf: (rule: FlowspecRule) => string): FlowspecRule[][] {
  const found = new Map<string, FlowspecRule[]>();
  for (const rule of rules) {
    const key = keyOf(rule);
    const group = found.get(key);
    if (group === undefined) found.set(key, [rule]);
    else group.push(rule);
  }
  return [...found.values()];
}

/**
 * The messages for rules of one family: one path attribute with NLRIs, first as RFC 7606 section 5.1 requires, then the
 * rest.
 */
function messages(
  rules: readonly FlowspecRule[],
  type: number,
  head: readonly number[],
  rest: readonly number[],
): string[] {
  const space = longestMessage - headerLength - 4 - 4 - head.length - rest.length;
  return chunks(rules, space).map((nlris) => message([...attribute(local, type, [...head, ...nlris]), ...rest]));
}

/**
 * The BGP UPDATE messages that announce the rules, in hex digits: MP_REACH_NLRI without a next hop (RFC 8955 section
 * 4), as many rules in one message as fit. The AS path has 4-octet numbers (RFC 6793). Throws FlowspecError for a rule
 * too long for a message.
 */
export function encodeAnnouncements(rules: readonly FlowspecRule[], announcer: Announcer = {}): string[] {
  const common = commonAttributes(announcer);
  const alike = groups(rules, ({ family, extendedCommunities, ipv6ExtendedCommunities = [] }) =>
    [family, ...extendedCommunities, ...ipv6ExtendedCommunities].join(' '),
  );
  return alike.flatMap((group) => {
    const [first] = group as [FlowspecRule];
    return messages(
      group,
      attributeTypes.reach,
      [...toOctets(afis[first.family], 2), safi, 0, 0],
      [...common, ...communityAttributes(first)],
    );
  });
}

/**
 * The BGP UPDATE messages that withdraw the rules (MP_UNREACH_NLRI), in hex digits. Throws FlowspecError for a rule too
 * long for a message.
 */
export function encodeWithdrawals(rules: readonly FlowspecRule[]): string[] {
  return groups(rules, ({ family }) => family).flatMap((group) =>
    messages(group, attributeTypes.unreach, [...toOctets(afis[(group as [FlowspecRule])[0].family], 2), safi], []),
  );
}

/** A rule in an UPDATE message. */
export interface Carried {
  family: Family;
  components: Component[];
  /** Hex digits, the length octets included. */ nlri: string;
}

/**
 * The Flowspec content of an UPDATE message; communities are 16 (IPv6: 40) hex digits each, and apply to all its
 * announcements.
 */
export interface DecodedUpdate {
  announced: Carried[];
  withdrawn: Carried[];
  extendedCommunities: string[];
  ipv6ExtendedCommunities: string[];
}

function readLength(reader: OctetReader, what: string): number {
  return toNumber(reader.take(2, what));
}

/** A reader for the next `length` octets, whose errors name octets as its parent's do. */
function within(reader: OctetReader, length: number, what: string): OctetReader {
  const start = reader.at;
  reader.take(length, what);
  return new OctetReader(reader.octets, start, start + length);
}

function readHeader(reader: OctetReader): void {
  if (reader.take(markerLength, 'the end of the marker').some((octet) => octet !== 0xff))
    throw new FlowspecError('flowspec/marker', 'the marker is not all ones.', 0);
  const length = readLength(reader, 'the length of the message');
  if (length !== reader.end)
    throw new FlowspecError(
      'flowspec/message-length',
      `the length field has ${length} octets, but the message has ${reader.end}.`,
      markerLength,
    );
  const type = reader.octet('the type of the message');
  if (type !== updateType)
    throw new FlowspecError('flowspec/message-type', `message type ${type} is not UPDATE.`, headerLength - 1);
}

/** The rules after AFI and SAFI; other families have none. */
function readRules(value: OctetReader, hasNextHop: boolean): Carried[] {
  const afi = readLength(value, 'the AFI');
  const family = (['ipv4', 'ipv6'] as const).find((name) => afis[name] === afi);
  if (value.octet('the SAFI') !== safi || family === undefined) return [];
  if (hasNextHop) value.take(value.octet('the length of the next hop') + 1, 'the end of the next hop');
  const rules: Carried[] = [];
  while (!value.done) {
    const start = value.at;
    rules.push({ family, components: readNlri(value, family), nlri: toHex(value.octets.slice(start, value.at)) });
  }
  return rules;
}

function readCommunities(value: OctetReader, octets: number): string[] {
  const list: string[] = [];
  while (!value.done) list.push(toHex(value.take(octets, 'the end of an extended community')));
  return list;
}

/**
 * Reads a BGP UPDATE message in hex digits, header included; attributes without Flowspec content are skipped. Throws
 * FlowspecError that names the octet of the message.
 */
export function decodeUpdate(hex: string): DecodedUpdate {
  const reader = new OctetReader(fromHex(hex));
  const update: DecodedUpdate = { announced: [], withdrawn: [], extendedCommunities: [], ipv6ExtendedCommunities: [] };
  readHeader(reader);
  reader.take(readLength(reader, 'the length of the withdrawn routes'), 'the end of the withdrawn routes');
  const attributes = within(
    reader,
    readLength(reader, 'the length of the path attributes'),
    'the end of the path attributes',
  );
  while (!attributes.done) {
    const flags = attributes.octet('the flags of an attribute');
    const type = attributes.octet('the type of an attribute');
    const length =
      (flags & extendedLength) === 0
        ? attributes.octet('the length of an attribute')
        : readLength(attributes, 'the length of an attribute');
    const value = within(attributes, length, `the end of attribute ${type}`);
    if (type === attributeTypes.reach) update.announced.push(...readRules(value, true));
    else if (type === attributeTypes.unreach) update.withdrawn.push(...readRules(value, false));
    else if (type === attributeTypes.extendedCommunities) update.extendedCommunities.push(...readCommunities(value, 8));
    else if (type === attributeTypes.ipv6ExtendedCommunities)
      update.ipv6ExtendedCommunities.push(...readCommunities(value, 20));
  }
  return update;
}
