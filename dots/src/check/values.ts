import type { Fault } from '../model/finding';
import type { YangType } from '../model/schema';
import { bitsIn } from '#dots/model/lexicalForms';
import { exact, wireText, withoutZeros } from '#dots/model/numbers';
import { expectedType, shown } from './typeText';

/** Which lexical forms are required beyond what the type accepts. */
export interface Forms {
  /** Identities with their module's name (RFC 7951 section 6.8). */
  qualifiedIdentities: boolean;
  /** Numbers in strings in the one form that comes back from CBOR. */
  wireNumbers: boolean;
}

/** The pointer of the value, made only when there is a fault. */
type Place = () => string;

/**
 * What JSON Schema cannot express of a leaf's value: bounds of numbers in strings, repeated bits, and the required
 * forms.
 */
export function typeFaults(value: string, type: YangType, place: Place, forms: Forms): Fault[] {
  switch (type.base) {
    case 'int64':
    case 'uint64':
    case 'decimal64':
      return numberFaults(value, type, place, forms.wireNumbers);
    case 'bits':
      return bitFaults(value, place);
    case 'identityref':
      return forms.qualifiedIdentities ? identityFaults(value, type, place) : [];
    default:
      return [];
  }
}

const decimalBounds: [string, string] = ['-9223372036854775808', '9223372036854775807'];

function numberFaults(text: string, type: YangType, place: Place, wireForm: boolean): Fault[] {
  if (!/^[+-]?[0-9]+(\.[0-9]+)?$/.test(text)) return [];
  const number = exact(text);
  const digits = type.fractionDigits ?? 0;
  const ranges = type.base === 'decimal64' ? [decimalBounds.map((bound) => shift(bound, digits))] : (type.range ?? []);
  const inRange =
    number !== undefined && ranges.some(([low, high]) => number >= (exact(low) ?? 0n) && number <= (exact(high) ?? 0n));
  const tooFine = type.base === 'decimal64' && withoutZeros(text.split('.')[1] ?? '').length > digits;
  if (number === undefined || !inRange || tooFine) {
    return [
      {
        code: 'yang/invalid-value',
        class: 'yang',
        severity: 'error',
        pointer: place(),
        rfc: '7950 9.2',
        message: `This must be ${expectedType(type)}; it is ${shown(text)}.`,
      },
    ];
  }
  const wire = wireText(number, digits);
  if (!wireForm || wire === text) return [];
  return [
    {
      code: 'yang/not-wire-form',
      class: 'yang',
      severity: 'error',
      pointer: place(),
      rfc: '9132 6',
      message: `Not in canonical form: write "${wire}" instead of ${shown(text)}.`,
    },
  ];
}

function shift(integer: string, digits: number): string {
  return `${integer.slice(0, integer.length - digits)}.${integer.slice(integer.length - digits)}`;
}

function bitFaults(text: string, place: Place): Fault[] {
  const seen = new Set<string>();
  const double = bitsIn(text).find((name) => seen.has(name) || !seen.add(name));
  if (double === undefined) return [];
  return [
    {
      code: 'yang/double-entry',
      class: 'yang',
      severity: 'error',
      pointer: place(),
      rfc: '7950 9.7.2',
      message: `The bit "${double}" is repeated: name each bit once.`,
    },
  ];
}

function identityFaults(text: string, type: YangType, place: Place): Fault[] {
  if (text.includes(':')) return [];
  const full = type.identities?.find((name) => name.endsWith(`:${text}`));
  if (full === undefined) return [];
  return [
    {
      code: 'yang/bare-identity',
      class: 'yang',
      severity: 'error',
      pointer: place(),
      rfc: '7951 6.8',
      message: `An identity of another module carries its module's name: write "${full}".`,
    },
  ];
}
