import type { JsonObject } from '#dots/model/json';
import { readFlagsBitmask, readTcpFlags } from './bitmask';
import { rangeTests } from '../packets/draft';
import { cannot, equal, type Match, type MemberReaders } from './match';
import { asObject, asString, member, members, quote, type Located } from './values';
import type { NumericTest } from '../bgp/rule';

/** The operators of a port (RFC 8519), each of which Flowspec has as well. */
const portOperators: Record<string, NumericTest['op']> = { eq: '=', neq: '!=', lte: '<=', gte: '>=' };

/** A reader for `*-port-range-or-operator`: a range, or one port with an operator. */
function ports(type: 5 | 6): MemberReaders[string] {
  return (located, match) => {
    const object = asObject(located, match.report);
    const tests =
      object &&
      (['lower-port', 'upper-port'].some((name) => Object.hasOwn(object.value, name))
        ? portRange(object, match)
        : portTest(object, match));
    if (tests === undefined) match.failed = true;
    else match.set({ type, anyOf: [tests] });
  };
}

function onlyMembers(object: Located<JsonObject>, allowed: readonly string[], match: Match): void {
  for (const [name, located] of members(object)) if (!allowed.includes(name)) match.unknown(located, name);
}

/** A required port. */
function port(object: Located<JsonObject>, name: string, match: Match): number | undefined {
  const located = member(object, name);
  if (located === undefined) match.fail(object, 'flowspec/value', '8519 4.2', `"${name}" is missing.`);
  return located && match.number(located, 65535);
}

function portRange(object: Located<JsonObject>, match: Match): NumericTest[] | undefined {
  onlyMembers(object, ['lower-port', 'upper-port'], match);
  const [lower, upper] = [port(object, 'lower-port', match), port(object, 'upper-port', match)];
  if (lower === undefined || upper === undefined) return undefined;
  if (lower <= upper) return rangeTests(lower, upper);
  match.fail(object, 'flowspec/value', '8519 4.2', `The lower port ${lower} is above the upper port ${upper}.`);
  return undefined;
}

function portTest(object: Located<JsonObject>, match: Match): NumericTest[] | undefined {
  onlyMembers(object, ['operator', 'port'], match);
  const located = member(object, 'operator');
  const name = located === undefined ? 'eq' : asString(located, match.report);
  const value = port(object, 'port', match);
  if (name === undefined || value === undefined) return undefined;
  const op = Object.hasOwn(portOperators, name) ? portOperators[name] : undefined;
  if (op !== undefined) return [{ op, value }];
  match.fail(
    located ?? object,
    'flowspec/value',
    '8519 4.2',
    `${quote(name)} is not a port operator; known are ${Object.keys(portOperators).join(', ')}.`,
  );
  return undefined;
}

const portReaders: MemberReaders = {
  'source-port-range-or-operator': ports(6),
  'destination-port-range-or-operator': ports(5),
};

const notInTcp = [
  'sequence-number',
  'acknowledgement-number',
  'data-offset',
  'reserved',
  'window-size',
  'urgent-pointer',
  'options',
];

/** The transport containers; an ACE has at most one. */
export const l4Names = ['tcp', 'udp', 'icmp'] as const;

/** The members of `tcp`, `udp` and `icmp` (RFC 8519, RFC 8783 section 4.2). */
export const l4Readers: Record<(typeof l4Names)[number], MemberReaders> = {
  tcp: {
    ...portReaders,
    flags: readTcpFlags,
    'flags-bitmask': readFlagsBitmask,
    ...Object.fromEntries(notInTcp.map((name) => [name, cannot(name)])),
  },
  udp: { ...portReaders, length: cannot('udp-length') },
  icmp: { type: equal(7, 255), code: equal(8, 255), 'rest-of-header': cannot('rest-of-header') },
};
