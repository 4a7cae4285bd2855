import type { Family } from '#dots/model/prefix';
import { FlowspecError } from './error';
import { fromHex, OctetReader, toHex } from './octets';
import { decodeBitmask, decodeNumeric, encodeOperators } from './operators';
import { decodePrefix, encodePrefix } from './prefixPattern';
import { isBitmask, isPrefix, type BitmaskType, type Component, type NumericType, type PrefixType } from './rule';

/** The most octets of components in one NLRI (RFC 8955 section 4.1). */
const longestNlri = 4095;

/** From this length on the length field takes two octets. */
const extendedFrom = 240;

/** DF has no meaning in IPv6: never written there, and ignored when read (RFC 8956 section 3.6). */
function meaningfulBits(type: BitmaskType, family: Family): number {
  return type === 12 && family === 'ipv6' ? 0x0e : 0xffff;
}

/** The octets of a component after its type. */
export function encodeOperands(component: Component): number[] {
  return isPrefix(component) ? encodePrefix(component.prefix) : encodeOperators(component);
}

/**
 * The NLRI of a rule as hex digits, the length octets included (RFC 8955 section 4). Components are put in the order of
 * their types, with the shortest operands. Throws FlowspecError for a rule that has no NLRI: no component, a type
 * twice, a component of the other family, more than 4095 octets.
 */
export function encodeNlri(components: readonly Component[], family: Family): string {
  return nlriOf(encodeComponents(components, family));
}

/** The components of a rule in the order of their types, encoded. Throws FlowspecError as `encodeNlri` does. */
export function encodeComponents(components: readonly Component[], family: Family): NlriPart[] {
  if (components.length === 0) throw new FlowspecError('flowspec/empty', 'A rule without components has no NLRI.');
  const ordered = [...components].sort((a, b) => a.type - b.type);
  return ordered.map((component, index) => {
    checkComponent(component, ordered[index + 1], family);
    return { component, operands: encodeOperands(component) };
  });
}

/** The NLRI of encoded components. Throws FlowspecError where it is too long. */
export function nlriOf(parts: readonly NlriPart[]): string {
  const octets: number[] = [];
  for (const { component, operands } of parts) octets.push(component.type, ...operands);
  return toHex(lengthOctets(octets.length)) + toHex(octets);
}

function checkComponent(component: Component, next: Component | undefined, family: Family): void {
  if (component.type === next?.type)
    throw new FlowspecError('flowspec/component-twice', `Component type ${component.type} occurs twice.`);
  if (isPrefix(component) ? component.prefix.family !== family : component.type === 13 && family === 'ipv4') {
    throw new FlowspecError(
      'flowspec/family',
      `Component type ${component.type} does not belong in a rule for ${familyName(family)}.`,
    );
  }
  if (
    isBitmask(component) &&
    component.anyOf.flat().some(({ value }) => (value & ~meaningfulBits(component.type, family)) !== 0)
  ) {
    throw new FlowspecError(
      'flowspec/operand',
      `Component type ${component.type} has a bit that must not be set for ${familyName(family)}.`,
    );
  }
}

function lengthOctets(length: number): number[] {
  if (length > longestNlri) {
    throw new FlowspecError(
      'flowspec/too-long',
      `The rule takes ${length} octets; an NLRI has at most ${longestNlri}.`,
      undefined,
      'Use ranges instead of single values, or several rules.',
    );
  }
  return length < extendedFrom ? [length] : [0xf0 | (length >> 8), length & 0xff];
}

/** The usual name of the family. */
export function familyName(family: Family): string {
  return family === 'ipv4' ? 'IPv4' : 'IPv6';
}

/**
 * Reads one NLRI in hex digits, length octets included, and nothing after it. Bits that must be ignored are ignored.
 * Throws FlowspecError that names the octet (RFC 8955 section 4.2: components in strictly ascending order, no unknown
 * type).
 */
export function decodeNlri(hex: string, family: Family): Component[] {
  const reader = new OctetReader(fromHex(hex));
  const components = readNlri(reader, family);
  if (!reader.done)
    throw new FlowspecError(
      'flowspec/trailing',
      `${reader.end - reader.at} octets follow the end of the NLRI.`,
      reader.at,
    );
  return components;
}

/** A component with the octets after its type, as received. */
export interface NlriPart {
  component: Component;
  operands: readonly number[];
}

/** Reads the NLRI at the reader's position and leaves the reader after it. */
export function readNlri(reader: OctetReader, family: Family): Component[] {
  return readParts(reader, family).map(({ component }) => component);
}

/** `readNlri`, with the octets of each component: the order of rules compares octets, widths included. */
export function readParts(reader: OctetReader, family: Family): NlriPart[] {
  const start = reader.at;
  const first = reader.octet('the length of the NLRI');
  const length = first < extendedFrom ? first : ((first & 0x0f) << 8) | reader.octet('the second octet of the length');
  if (length === 0) throw new FlowspecError('flowspec/empty', 'the NLRI has no component.', start);
  if (reader.at + length > reader.end) {
    throw new FlowspecError(
      'flowspec/truncated',
      `the length field has ${length} octets, but only ${reader.end - reader.at} follow.`,
      start,
    );
  }
  const body = new OctetReader(reader.octets, reader.at, reader.at + length);
  const parts: NlriPart[] = [];
  while (!body.done) {
    const from = body.at + 1;
    const component = readComponent(body, family, parts.at(-1)?.component.type ?? 0);
    parts.push({ component, operands: body.octets.slice(from, body.at) });
  }
  reader.at = body.at;
  return parts;
}

function readComponent(reader: OctetReader, family: Family, previous: number): Component {
  const at = reader.at;
  const type = reader.octet('the type of a component');
  if (type === 0 || type > (family === 'ipv4' ? 12 : 13)) {
    throw new FlowspecError('flowspec/component-type', `${familyName(family)} has no component type ${type}.`, at);
  }
  if (type <= previous) {
    const what =
      type === previous ? `component type ${type} occurs twice` : `component type ${type} follows type ${previous}`;
    throw new FlowspecError('flowspec/component-order', `${what}; types must ascend.`, at);
  }
  if (type <= 2) return { type: type as PrefixType, prefix: decodePrefix(reader, family) };
  if (type === 9 || type === 12) return decodeBitmask(reader, type, meaningfulBits(type, family));
  return decodeNumeric(reader, type as NumericType);
}
