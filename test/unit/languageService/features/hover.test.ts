import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hoverAt, textIn, withCaret } from '../../../support/caret';

const scope = (inside: string): string => `{"ietf-dots-signal-channel:mitigation-scope": {"scope": [{${inside}}]}}`;
const acl = (inside: string): string => `{"ietf-dots-data-channel:acls": {"acl": [{${inside}}]}}`;

const shown: [name: string, marked: string, expected: RegExp[], place: string][] = [
  [
    'a member',
    scope('"li|fetime": 3600'),
    [/^\*\*lifetime\*\*/, /in seconds; default 3600/, /CBOR key: 14/, /How long/, /rfc9132#section-4\.4\.1\.1\)/],
    '"lifetime"',
  ],
  ['a lifetime', scope('"lifetime": 54|00'), [/^1 hour 30 minutes\./, /\*\*lifetime\*\*/], '5400'],
  ['a lifetime without end', scope('"lifetime": |-1'), [/^Indefinite/], '-1'],
  [
    'a prefix',
    scope('"target-prefix": ["192.0.2.|128/25"]'),
    [/^128 addresses, 192\.0\.2\.128 to 192\.0\.2\.255\./],
    '"192.0.2.128/25"',
  ],
  [
    'a prefix of IPv6',
    scope('"target-prefix": ["2001:db8|::/32"]'),
    [/^2\^96 addresses, 2001:db8:: to 2001:db8:ffff:ffff:ffff:ffff:ffff:ffff\./],
    '"2001:db8::/32"',
  ],
  ['a single address', scope('"target-prefix": ["192.0.2.|1/32"]'), [/^One address\./], '"192.0.2.1/32"'],
  ['a time', scope('"mitigation-start": "1608336|568"'), [/^2020-12-19 00:09:28 UTC\./], '"1608336568"'],
  [
    'a rate',
    acl('"aces": {"ace": [{"actions": {"rate-limit": "125000|.00"}}]}'),
    [/^1 Mbit\/s\./, /\*\*rate-limit\*\*/],
    '"125000.00"',
  ],
  [
    'a member of a draft',
    scope('"target-|port": []'),
    [
      /^There is no such member here: ports are written as ranges; write "target-port-range"\./,
      /\*\*target-port-range\*\*/,
    ],
    '"target-port"',
  ],
  [
    'a member that resembles another one',
    scope('"lifetme|": 60'),
    [/^There is no such member here: did you mean "lifetime"\?/, /\*\*lifetime\*\*/],
    '"lifetme"',
  ],
  ['a protocol number', scope('"target-protocol": [6, |17]'), [/^UDP\./, /\*\*target-protocol\*\*/], '17'],
  ['a port', scope('"target-port-range": [{"lower-port": 5|3}]'), [/^DNS/], '53'],
  [
    'a label',
    scope('"attack-status": "under-|attack"'),
    [/^The client still sees the attack.*\(1 in CBOR\.\)/],
    '"under-attack"',
  ],
  [
    'a member of an extension',
    scope('"ietf-dots-call-home:source-prefix|": []'),
    [/CBOR key: 32768/, /rfc9066/],
    '"ietf-dots-call-home:source-prefix"',
  ],
  [
    'the top-level member',
    '{"ietf-dots-data-|channel:acls": {}}',
    [/filtering rules \(ACLs\)/, /rfc8783/],
    '"ietf-dots-data-channel:acls"',
  ],
  [
    'an identity with its module',
    acl('"type": "ietf-access-control-list:ipv4|-acl-type"'),
    [/^Rules on IPv4/],
    '"ietf-access-control-list:ipv4-acl-type"',
  ],
  ['an identity without its module', acl('"type": "|ipv4-acl-type"'), [/^Rules on IPv4/], '"ipv4-acl-type"'],
  ['a list', acl('"aces": {"a|ce": []}'), [/A list of objects\./, /Entries differ in `name`/], '"ace"'],
  [
    'state that only the server tells',
    acl('"pending|-lifetime": 1'),
    [/in minutes/, /Reported by the server/],
    '"pending-lifetime"',
  ],
];

for (const [name, marked, expected, place] of shown) {
  test(`hover over ${name}`, () => {
    const hover = hoverAt(marked);
    for (const pattern of expected) assert.match(hover?.markdown ?? '', pattern);
    assert.equal(hover && textIn(withCaret(marked).text, hover.range), place);
  });
}

test('the data channel has no CBOR keys', () => {
  assert.doesNotMatch(hoverAt(acl('"na|me": "a"'))?.markdown ?? '', /CBOR/);
});

test('half-typed text is hovered too', () => {
  assert.match(
    hoverAt('{"ietf-dots-signal-channel:mitigation-scope": {"scope": [{"lifet|ime": 36')?.markdown ?? '',
    /\*\*lifetime\*\*/,
  );
});

test('nothing is shown of what is not known', () => {
  for (const marked of [
    '|',
    '{"fo|o": 1}',
    '{"foo": {"lifetime|": 1}}',
    scope('"unknown|": 1'),
    scope('|  "lifetime": 1'),
    scope('"lifetime"|: 1'),
  ]) {
    assert.equal(hoverAt(marked), undefined, marked);
  }
});
