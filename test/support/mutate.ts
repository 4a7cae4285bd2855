import type { JsonObject, JsonValue } from '#dots/model/json';
import { isObject } from '#dots/model/json';
import type { Random } from './random';

/** A place in a document: the object or list that holds it, and its name or index there. */
interface Place {
  owner: JsonObject | JsonValue[];
  key: string | number;
  value: JsonValue;
}

function placesOf(value: JsonValue, found: Place[] = []): Place[] {
  const entries: [string | number, JsonValue][] = Array.isArray(value)
    ? value.map((item, index) => [index, item])
    : isObject(value)
      ? Object.entries(value)
      : [];
  for (const [key, item] of entries) {
    found.push({ owner: value as JsonObject | JsonValue[], key, value: item });
    placesOf(item, found);
  }
  return found;
}

function put({ owner, key }: Place, value: JsonValue): void {
  if (Array.isArray(owner)) owner[key as number] = value;
  else owner[key] = value;
}

function remove({ owner, key }: Place): void {
  if (Array.isArray(owner)) owner.splice(key as number, 1);
  else delete owner[key];
}

/** Values at and beyond the borders of the types that DOTS documents use, and of other types. */
const strange: readonly JsonValue[] = [
  0,
  1,
  -1,
  -2,
  2,
  3,
  4,
  5,
  6,
  17,
  58,
  63,
  64,
  80,
  100,
  255,
  256,
  3600,
  3601,
  4095,
  65535,
  65536,
  1048575,
  1048576,
  2147483647,
  2147483648,
  4294967295,
  4294967296,
  1.5,
  '',
  '0',
  '1',
  '-1',
  '5.00',
  '5.001',
  '5.000',
  '100.00',
  '92233720368547758.07',
  '92233720368547758.08',
  '18446744073709551615',
  '18446744073709551616',
  '007',
  'x',
  'true',
  'drop',
  'accept',
  'reject',
  '192.0.2.0/24',
  '192.0.2.1/24',
  '192.0.2.0/33',
  '192.0.2.0',
  '2001:db8::/32',
  '2001:DB8::/32',
  '192.0.2.7/24',
  '2001:db8::/129',
  '2001:db8::1',
  '::/0',
  'www.example.com',
  'https://www.example.com/',
  '-bad-.example',
  '.',
  'syn',
  'syn ack',
  'syn syn',
  ' syn  ack ',
  'a\u0001',
  'a\uffff',
  'df',
  'df isf',
  'match',
  'not match',
  'match any',
  'eq',
  'lte',
  'ipv4-acl-type',
  'ipv6-acl-type',
  'immediate',
  'overlapping-targets',
  'conflict-with-acceptlist',
  'megabit-ps',
  true,
  false,
  null,
  [],
  {},
  [1],
  ['x'],
  [[]],
  { x: 1 },
];

type Mutation = (place: Place, places: Place[], random: Random) => void;

const rename: Mutation = (place, places, random) => {
  if (Array.isArray(place.owner)) return;
  const names = places.map(({ key }) => key).filter((key) => typeof key === 'string');
  remove(place);
  place.owner[random.below(3) === 0 ? `${place.key}x` : random.pick(names)] = place.value;
};

const move: Mutation = (place, places, random) => {
  const objects = places.filter(({ value }) => isObject(value) && value !== place.value);
  if (Array.isArray(place.owner) || objects.length === 0) return;
  const target = random.pick(objects).value as JsonObject;
  remove(place);
  target[place.key] = structuredClone(place.value);
};

const double: Mutation = (place) => {
  if (Array.isArray(place.owner)) place.owner.push(structuredClone(place.value));
};

/** The same once more, its prefixes written otherwise: in capitals, or with host bits. */
const respell: Mutation = (place) => {
  if (!Array.isArray(place.owner)) return;
  const text = JSON.stringify(place.value).replace(/"[0-9a-f.:]+\/\d+"/gi, (prefix) =>
    prefix.includes(':') ? prefix.toUpperCase() : prefix.replace('.0/', '.9/'),
  );
  place.owner.push(JSON.parse(text) as JsonValue);
};

const mutations: readonly Mutation[] = [
  (place) => remove(place),
  (place, _places, random) => put(place, random.pick(strange)),
  (place, _places, random) => put(place, random.pick(strange)),
  (place, places, random) => put(place, structuredClone(random.pick(places).value)),
  rename,
  move,
  double,
  respell,
];

/** A copy of the document with one to three mutations: members removed, renamed, moved, doubled; values replaced. */
export function mutate(document: JsonObject, random: Random): JsonObject {
  const copy = structuredClone(document);
  for (let count = 1 + random.below(3); count > 0; count--) {
    const places = placesOf(copy).slice(1);
    if (places.length > 0) random.pick(mutations)(random.pick(places), places, random);
  }
  return copy;
}
