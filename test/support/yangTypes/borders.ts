import { testOf } from '#dots/check/accept';
import { resolve, type SchemaNode, type YangType } from '#dots/model/schema';
import type { Random } from '../random';
import { patternTexts } from './patternTexts';

/**
 * JSON texts at, inside and outside every border of a type, in all lexical forms: made from what the type says of
 * itself. Texts and not values, because `1e0` and `1` are one value in JavaScript.
 * @param schema the JSON Schema of a value, which has the lengths and patterns
 */
export function borders(type: YangType, schema: SchemaNode, root: SchemaNode, random: Random): string[] {
  if (type.base === 'union')
    return (type.members ?? []).flatMap((member, index) =>
      borders(member, resolve(root, schema.anyOf?.[index] ?? {}), root, random),
    );
  return [...new Set([...own[type.base](type, schema, root, random), ...otherTypes])];
}

/** Texts of every type of JSON. */
const otherTypes = [
  'null',
  'true',
  'false',
  '0',
  '-1',
  '1.5',
  '""',
  '"x"',
  '"0"',
  '[]',
  '[null]',
  '[0]',
  '["x"]',
  '{}',
];

type Borders = (type: YangType, schema: SchemaNode, root: SchemaNode, random: Random) => string[];

const quoted = (texts: readonly string[]): string[] => texts.map((text) => JSON.stringify(text));

/** The ends of ranges, what is next to them, and some numbers of every size. */
function numbers(type: YangType): bigint[] {
  const ends = (type.range ?? []).flat().map(BigInt);
  return [...ends, 0n, 5n, 100n].flatMap((end) => [end - 1n, end, end + 1n]);
}

/** A number without quotes, in the forms that JSON has. */
const integers: Borders = (type) => {
  const all = numbers(type).map(String);
  const forms = all.flatMap((text) => [text, `${text}.0`, `${text}e0`, `${text}0e-1`, `${text}.5`]);
  return [...forms, ...quoted(all), '-0', '1E2', '1e+2', '0.5e1', '1e400', '1e-400'];
};

/** A number in quotes, in forms that YANG has and in forms that it has not. */
const longIntegers: Borders = (type) => {
  const all = numbers(type).map(String);
  return [...quoted([...all.flatMap(numberForms), ...oddNumbers]), ...all];
};

const oddNumbers = [
  '',
  '+',
  '-',
  '.',
  '+-5',
  '--5',
  '5-',
  '1e2',
  '0x1f',
  '0b1',
  '0o17',
  '5_000',
  '5,0',
  '٥',
  'Infinity',
  'NaN',
  '-0',
  '+0',
  '0'.repeat(30),
  `${'0'.repeat(30)}5`,
  '9'.repeat(30),
];

/** The same number with signs, zeros, blanks and a fraction. */
function numberForms(text: string): string[] {
  const [sign, digits] = text.startsWith('-') ? ['-', text.slice(1)] : ['', text];
  const blanks = [' ', '\t', '\n', '\u00a0'].flatMap((blank) => [`${blank}${text}`, `${text}${blank}`]);
  return [
    text,
    `+${digits}`,
    `-${digits}`,
    `${sign}0${digits}`,
    `${sign}00${digits}`,
    `${text}.`,
    `${text}.0`,
    `${sign} ${digits}`,
    ...blanks,
  ];
}

const decimals: Borders = (type) => {
  const digits = type.fractionDigits ?? 0;
  const point = (units: bigint): string => {
    const text = (units < 0n ? -units : units).toString().padStart(digits + 1, '0');
    return `${units < 0n ? '-' : ''}${text.slice(0, -digits)}.${text.slice(-digits)}`;
  };
  const ends = [-(2n ** 63n), 2n ** 63n - 1n, 0n].flatMap((end) => [end - 1n, end, end + 1n]).map(point);
  const fractions = Array.from({ length: digits + 2 }, (_, zeros) => `5.${'0'.repeat(zeros)}1`);
  const zeros = Array.from({ length: digits + 3 }, (_, count) => `5.${'0'.repeat(count)}`);
  const around = [...ends, '5', '100', '.5', '-.5', '5.5.5', '1.50', '-1.50'];
  return [
    ...quoted([...around.flatMap(numberForms), ...fractions, ...zeros, ...oddNumbers, `5.${'0'.repeat(40)}`]),
    '5',
    '5.00',
    '1.5',
  ];
};

/** Names in other cases, with blanks, with the name of a module, and their numbers. */
function nameForms(names: readonly string[]): string[] {
  return names.flatMap((name) => [
    name,
    name.toUpperCase(),
    ` ${name}`,
    `${name} `,
    name.slice(0, -1),
    `${name}x`,
    `ietf-dots-telemetry:${name}`,
    `:${name}`,
  ]);
}

const enumerations: Borders = ({ enums = {} }) => [
  ...quoted(nameForms(Object.keys(enums))),
  ...Object.values(enums).flatMap((value) => [String(value), `"${value}"`]),
];

const identities: Borders = ({ identities: names = [] }) =>
  quoted([
    ...names,
    ...nameForms(names.map((name) => name.slice(name.indexOf(':') + 1))),
    'ietf-access-control-list:acl-base',
    'ietf-access-control-list:forwarding-action',
    'acl:drop',
  ]);

const bits: Borders = ({ bits: names = [] }) => {
  const [first = '', second = ''] = names;
  const pairs = [' ', '  ', '\t', '\n', ',', '|', ''].map((between) => `${first}${between}${second}`);
  return quoted([
    ...nameForms(names),
    names.join(' '),
    [...names].reverse().join(' '),
    ...pairs,
    `${first} ${first}`,
    `${first} ${second} ${first}`,
    `${second} ${first}`,
    ` ${second}  ${first} `,
    ' ',
    `${first} unknown`,
  ]);
};

const binary: Borders = ({ octets: [low, high] = [0, 64] }) => {
  const lengths = [low, high].flatMap((end) => [end - 1, end, end + 1, end + 2]).filter((length) => length >= 0);
  const whole = [...lengths, 2, 3, 4, 5].map((length) => Buffer.alloc(length, 0xfb).toString('base64'));
  const cut = whole.flatMap((text) => [
    text.replace(/=+$/, ''),
    `${text}=`,
    text.replaceAll('+', '-').replaceAll('/', '_'),
  ]);
  const odd = [
    'QQ==',
    'QR==',
    'QUI=',
    'QUJ=',
    '=',
    '==',
    '====',
    'Q===',
    'QQ=',
    'Q',
    'QQ== ',
    ' QQ==',
    'QU JD',
    'QU\nJD',
    'QUJD\n',
    'QUJD\r\nQUJD',
    'QQ==QQ==',
    'Q%==',
    'é===',
  ];
  return quoted([...whole, ...cut, ...odd]);
};

/** Texts of a length in characters of one, two and four octets. */
function texts(length: number): string[] {
  return ['a', 'é', '\u{1f600}'].map((character) => character.repeat(length)).concat('e\u0301'.repeat(length >> 1));
}

const legal = [
  '\t',
  '\n',
  '\r',
  ' ',
  '\u007f',
  '\u0085',
  '\u2028',
  '\ud7ff',
  '\ue000',
  '\ufffd',
  '\u{10000}',
  '\u{10fffd}',
];
const illegal = [
  '\u0000',
  '\u0001',
  '\u0008',
  '\u000b',
  '\u001f',
  '\ufdd0',
  '\ufdef',
  '\ufffe',
  '\uffff',
  '\u{1fffe}',
  '\u{10ffff}',
];

const strings: Borders = (_type, schema, root, random) => {
  const ends = [schema.minLength, schema.maxLength].filter((end) => end !== undefined);
  const lengths = [...new Set(ends.flatMap((end) => [end - 1, end, end + 1]))].filter((length) => length >= 0);
  const patterns = [schema.pattern, ...(schema.allOf ?? []).map(({ pattern }) => pattern)].filter(
    (one) => one !== undefined,
  );
  const accepts = testOf(root, schema);
  const matching = patterns.flatMap((pattern) =>
    patternTexts(/^\^\(\?:(.*)\)\$$/s.exec(pattern)?.[1] ?? '', accepts, (limit) => random.below(limit)),
  );
  const around = matching
    .filter(accepts)
    .slice(0, 3)
    .flatMap((text) => [` ${text}`, `${text} `, `${text}\n`, `\n${text}`, text.toUpperCase(), text.toLowerCase()]);
  return quoted([
    ...lengths.flatMap(texts),
    ...matching,
    ...around,
    ...[...legal, ...illegal].map((character) => `a${character}`),
  ]);
};

/** The borders of each base; no DOTS module has one of the others. */
const own: Record<YangType['base'], Borders> = {
  int8: integers,
  int16: integers,
  int32: integers,
  uint8: integers,
  uint16: integers,
  uint32: integers,
  int64: longIntegers,
  uint64: longIntegers,
  decimal64: decimals,
  string: strings,
  boolean: () => ['"true"', '"false"', '"TRUE"', '1', '"1"'],
  enumeration: enumerations,
  bits,
  binary,
  identityref: identities,
  empty: () => [],
  leafref: () => [],
  union: () => [],
};
