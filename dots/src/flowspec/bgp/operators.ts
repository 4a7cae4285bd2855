import { FlowspecError } from './error';
import { toNumber, toOctets, type OctetReader } from './octets';
import {
  isBitmask,
  numericOperators,
  type BitmaskComponent,
  type BitmaskTest,
  type BitmaskType,
  type NumericComponent,
  type NumericTest,
  type NumericType,
} from './rule';

const endOfList = 0x80;
const and = 0x40;
/** The operand widths in octets, at the index of their length bits. */
const widths = [1, 2, 4, 8] as const;

const notBit = 0x02;
const matchBit = 0x01;

/**
 * Widths that are mandatory, and the significant bits: the others are cleared on reading (RFC 8955 sections 4.2.2.9,
 * .11, .12).
 */
const limits: Partial<Record<NumericType | BitmaskType, { width: number; bits: number }>> = {
  9: { width: 2, bits: 0xffff },
  11: { width: 1, bits: 0x3f },
  12: { width: 1, bits: 0x0f },
};

/** RFC 8956 section 3.7 recommends 4 octets for flow labels; everything else has the shortest form. */
function leastWidth(type: number): number {
  return type === 13 ? 4 : 1;
}

interface Pair {
  operator: number;
  operand: readonly number[];
}

/** Reads {operator, operand} pairs up to the end of the list, and groups them: OR of groups, AND within a group. */
function readPairs(reader: OctetReader, type: NumericType | BitmaskType): Pair[][] {
  const groups: Pair[][] = [];
  for (;;) {
    const at = reader.at;
    const operator = reader.octet(`the operator that ends the list of component type ${type}`);
    const width = widths[(operator >> 4) & 3] as number;
    const widest = limits[type]?.width ?? 8;
    if (width > widest) {
      throw new FlowspecError(
        'flowspec/operand-width',
        `component type ${type} allows operands of ${widest === 1 ? '1 octet' : '1 or 2 octets'}, not ${width}.`,
        at,
      );
    }
    const pair = { operator, operand: reader.take(width, `the operand of component type ${type}`) };
    const group = groups.at(-1);
    if ((operator & and) !== 0 && group !== undefined) group.push(pair);
    else groups.push([pair]);
    if ((operator & endOfList) !== 0) return groups;
  }
}

/** An operand of any width; above 2^53-1 as a decimal string. */
function operandValue(operand: readonly number[]): number | string {
  if (operand.length < 8) return toNumber(operand);
  const value = (BigInt(toNumber(operand.slice(0, 4))) << 32n) | BigInt(toNumber(operand.slice(4)));
  return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value.toString();
}

/** Reads a numeric component after its type. */
export function decodeNumeric(reader: OctetReader, type: NumericType): NumericComponent {
  const bits = limits[type]?.bits;
  const test = ({ operator, operand }: Pair): NumericTest => ({
    op: numericOperators[operator & 7] as NumericTest['op'],
    value: bits === undefined ? operandValue(operand) : toNumber(operand) & bits,
  });
  return { type, anyOf: readPairs(reader, type).map((group) => group.map(test)) };
}

/** Reads a bitmask component after its type; bits outside `meaningful` are ignored as well. */
export function decodeBitmask(reader: OctetReader, type: BitmaskType, meaningful: number): BitmaskComponent {
  const test = ({ operator, operand }: Pair): BitmaskTest => ({
    not: (operator & notBit) !== 0,
    match: (operator & matchBit) !== 0,
    value: toNumber(operand) & (limits[type]?.bits ?? 0) & meaningful,
  });
  return { type, anyOf: readPairs(reader, type).map((group) => group.map(test)) };
}

/** The operand in the shortest sufficient width. The width decides the order of rules (RFC 8955 section 5.1). */
function operandOctets(value: number | string, type: NumericType | BitmaskType): number[] {
  if (typeof value === 'string') return longOperand(value, type);
  if (!Number.isSafeInteger(value) || value < 0 || value > (limits[type]?.bits ?? value)) throw unwritable(value, type);
  return toOctets(value, widths.find((octets) => octets >= leastWidth(type) && value < 256 ** octets) ?? 8);
}

/** The 8 octets of an operand above 2^53-1. */
function longOperand(digits: string, type: NumericType | BitmaskType): number[] {
  const value = /^\d{16,20}$/.test(digits) ? BigInt(digits) : 0n;
  if (value <= BigInt(Number.MAX_SAFE_INTEGER) || value >= 1n << 64n || limits[type] !== undefined)
    throw unwritable(digits, type);
  return [...toOctets(Number(value >> 32n), 4), ...toOctets(Number(value & 0xffffffffn), 4)];
}

function unwritable(value: number | string, type: number): FlowspecError {
  return new FlowspecError('flowspec/operand', `${value} cannot be written in component type ${type}.`);
}

/** Writes groups of tests as {operator, operand} pairs. */
function writePairs<T extends { value: number | string }>(
  type: NumericType | BitmaskType,
  anyOf: readonly T[][],
  bits: (test: T) => number,
): number[] {
  const octets: number[] = [];
  if (anyOf.length === 0 || anyOf.some((group) => group.length === 0)) {
    throw new FlowspecError('flowspec/empty-list', `Component type ${type} has an empty list of tests.`);
  }
  for (const [groupIndex, group] of anyOf.entries()) {
    for (const [index, test] of group.entries()) {
      const operand = operandOctets(test.value, type);
      const end = groupIndex === anyOf.length - 1 && index === group.length - 1 ? endOfList : 0;
      octets.push(end | (index > 0 ? and : 0) | (Math.log2(operand.length) << 4) | bits(test), ...operand);
    }
  }
  return octets;
}

/** The {operator, operand} list of a numeric or bitmask component, as it follows the type on the wire. */
export function encodeOperators(component: NumericComponent | BitmaskComponent): number[] {
  if (isBitmask(component)) {
    return writePairs(component.type, component.anyOf, (test) => (test.not ? notBit : 0) | (test.match ? matchBit : 0));
  }
  return writePairs(component.type, component.anyOf, (test) => numericOperators.indexOf(test.op));
}
