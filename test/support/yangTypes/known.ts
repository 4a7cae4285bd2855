import type { YangType } from '#dots/model/schema';
import type { TypeCase } from './cases';

/** A kind of value on which the checker and yanglint 2.1.30 disagree, for the reason in schemas/deviations.json. */
interface KnownDifference {
  /** The entry of deviations.json. */
  id: string;
  bases: readonly YangType['base'][];
  /** What the checker says. */
  ours: 'valid' | 'invalid';
  /** The JSON texts of such values. */
  texts: RegExp;
}

const integers = ['int8', 'int16', 'int32', 'uint8', 'uint16', 'uint32'] as const;
const blank = String.raw`(?:\s|\\[tn])`;

export const knownDifferences: readonly KnownDifference[] = [
  { id: 'bare-identity', bases: ['identityref'], ours: 'valid', texts: /^"[^:]+"$/ },
  {
    id: 'conflict-cause-registry',
    bases: ['enumeration'],
    ours: 'valid',
    texts: /^"(?:request-rejected-legitimate-traffic|overlapping-pipes)"$/,
  },
  { id: 'integer-in-decimal', bases: ['int64', 'uint64'], ours: 'valid', texts: /^"0+[1-9]\d*"$/ },
  { id: 'integer-in-decimal', bases: ['int64', 'uint64'], ours: 'invalid', texts: /^"0x[0-9a-f]+"$/ },
  {
    id: 'number-without-blanks',
    bases: ['int64', 'uint64', 'decimal64'],
    ours: 'invalid',
    texts: new RegExp(`^"(?:${blank}[^\\s"]+|[^\\s"]+${blank})"$`),
  },
  { id: 'number-without-blanks', bases: ['bits'], ours: 'invalid', texts: /^"[a-z]+\\[tn][a-z]+"$/ },
  { id: 'decimal-has-digits', bases: ['decimal64'], ours: 'invalid', texts: /^"[+-](?:\.\d+)?"$/ },
  { id: 'noncharacters', bases: ['string'], ours: 'invalid', texts: /[\ufdd0-\ufdef]|\p{Cs}|\p{Cn}/u },
  { id: 'whole-number-forms', bases: integers, ours: 'valid', texts: /^-?\d+\.\d+(?:e\d+)?$/ },
];

/** The known differences that a case is of. */
export function differencesOf({ place, text }: TypeCase, ours: 'valid' | 'invalid'): KnownDifference[] {
  const bases = new Set([place.type, ...(place.type.members ?? [])].map(({ base }) => base));
  return knownDifferences.filter(
    (one) => one.ours === ours && one.bases.some((base) => bases.has(base)) && one.texts.test(text),
  );
}

/** yanglint reads an integer that begins with a zero as octal (deviations.json, integer-in-decimal). */
export function isReadAsOctal({ place: { type }, text }: TypeCase): boolean {
  return (type.base === 'int64' || type.base === 'uint64') && /^"[+-]?0[0-7]+"$/.test(text);
}
