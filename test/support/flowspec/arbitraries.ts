import fc from 'fast-check';
import { makePrefix, type Family } from '#dots/model/prefix';
import { prefixPattern, type PrefixPattern } from '#dots/flowspec/bgp/prefixPattern';
import { numericOperators, type BitmaskType, type Component, type NumericType } from '#dots/flowspec/bgp/rule';

const families: Family[] = ['ipv4', 'ipv6'];

/** Few different addresses, so that prefixes nest often. */
function arbitraryPrefix(family: Family): fc.Arbitrary<PrefixPattern> {
  const bits = family === 'ipv4' ? 32 : 128;
  const octets = fc.array(fc.constantFrom(0, 1, 128, 192, 255), { minLength: bits / 8, maxLength: bits / 8 });
  const range = fc.tuple(fc.nat(bits), family === 'ipv4' ? fc.constant(0) : fc.oneof(fc.constant(0), fc.nat(bits)));
  return fc
    .tuple(octets, range)
    .map(([address, [length, offset]]) => prefixPattern(makePrefix(address, length), length > offset ? offset : 0));
}

/** Widths of every kind: small, two octets, four, beyond 2^53-1. */
const value = fc.oneof(
  fc.nat(3),
  fc.nat(0xff),
  fc.nat(0xffff),
  fc.nat(0xffffffff),
  fc.maxSafeNat(),
  fc.bigInt(2n ** 53n, 2n ** 64n - 1n).map(String),
);

function numeric(type: NumericType): fc.Arbitrary<Component> {
  const test = fc.record(
    { op: fc.constantFrom(...numericOperators), value: type === 11 ? fc.nat(63) : value },
    { noNullPrototype: true },
  );
  return groups(test).map((anyOf) => ({ type, anyOf }));
}

function bitmask(type: BitmaskType, family: Family): fc.Arbitrary<Component> {
  const mask =
    type === 9
      ? fc.oneof(fc.nat(0xff), fc.nat(0xffff))
      : fc.nat(15).map((bits) => (family === 'ipv6' ? bits & 14 : bits));
  return groups(fc.record({ not: fc.boolean(), match: fc.boolean(), value: mask }, { noNullPrototype: true })).map(
    (anyOf) => ({ type, anyOf }),
  );
}

function groups<T>(test: fc.Arbitrary<T>): fc.Arbitrary<T[][]> {
  return fc.array(fc.array(test, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 3 });
}

function component(type: number, family: Family): fc.Arbitrary<Component> {
  if (type <= 2) return arbitraryPrefix(family).map((prefix) => ({ type: type as 1, prefix }));
  return type === 9 || type === 12 ? bitmask(type, family) : numeric(type as NumericType);
}

/** Components of a rule in one family, in the order of their types. */
function components(family: Family): fc.Arbitrary<Component[]> {
  const types = Array.from({ length: family === 'ipv4' ? 12 : 13 }, (_, index) => index + 1);
  return fc
    .subarray(types, { minLength: 1 })
    .chain((chosen) => fc.tuple(...chosen.map((type) => component(type, family))));
}

/** A rule's family and components. */
export const rule = fc
  .constantFrom(...families)
  .chain((family) =>
    fc.record({ family: fc.constant(family), components: components(family) }, { noNullPrototype: true }),
  );

/** Short rules of few kinds, so that some are equal and many differ late. */
export const similar = fc.constantFrom(...families).chain((family) => {
  const small = (type: NumericType): fc.Arbitrary<Component> =>
    groups(
      fc.record(
        { op: fc.constantFrom('=' as const, '<=' as const), value: fc.constantFrom(1, 2, 300) },
        { noNullPrototype: true },
      ),
    ).map((anyOf) => ({ type, anyOf }));
  const one = fc
    .tuple(fc.option(component(1, family)), fc.option(small(3)), fc.option(small(5)), fc.option(bitmask(12, family)))
    .map((list) => list.filter((item): item is Component => item !== null))
    .filter((list) => list.length > 0);
  return fc.record({ family: fc.constant(family), rules: fc.array(one, { minLength: 3, maxLength: 3 }) });
});
