import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { evaluateRules } from '#dots/flowspec/packets/evaluate';
import { draftsAbove, draftsOutside } from '#dots/flowspec/order/narrow';
import { decodeNlri } from '#dots/flowspec/bgp/nlri';
import { compareRules } from '#dots/flowspec/bgp/order';
import { usual, type Packet } from '#dots/flowspec/packets/packet';
import { describeMatch } from '#dots/flowspec/bgp/ruleText';
import { translate, type FlowspecFinding, type FlowspecOptions } from '#dots/flowspec/translate';
import type { JsonObject } from '#dots/model/json';
import { parseAddress } from '#dots/model/prefix';
import { needShared } from '../../../support/shared';
import { aclDocument, scopeDocument } from '../../../support/flowspec/rules';

type Ace = [matches: JsonObject, forwarding: string];

const to = (network: string, more: JsonObject = {}): JsonObject => ({
  ipv4: { 'destination-ipv4-network': network, ...more },
});
const udp = (port: JsonObject): JsonObject => ({ udp: { 'destination-port-range-or-operator': port } });

function repaired(
  aces: Ace[],
  options: FlowspecOptions = {},
): { texts: string[]; proved: unknown; findings: FlowspecFinding[] } {
  const { rules, findings, equivalence } = translate(
    [
      {
        file: 'x',
        value: aclDocument(
          aces.map(([matches, forwarding], index) => ({ name: `a${index + 1}`, matches, actions: { forwarding } })),
        ),
      },
    ],
    options,
  );
  return {
    texts: rules.map(({ text }) => text),
    proved: equivalence.proved,
    findings: findings.filter(({ code }) => /repair|order/.test(code)),
  };
}

test('RFC 8783 figure 34 is proved after repair: DNS is accepted, its fragments are not', (t) => {
  const path = needShared(t, 'corpus', 'rfc8783-sA-fig34.conformant.json');
  if (path === undefined) return;
  const value = JSON.parse(readFileSync(path, 'utf8')) as JsonObject;
  const { rules, findings, equivalence } = translate([{ file: 'fig34', value }], {
    domain: ['192.0.2.0/24', '198.51.100.0/24'],
  });
  assert.deepEqual(equivalence, { proved: true });
  assert.deepEqual(
    rules.map(({ text }) => text),
    [
      'dst 192.0.2.0/24, any fragment -> discard',
      'dst 198.51.100.0/24, any fragment -> discard',
      'dst 198.51.100.0/24, udp, dst port 53, not fragmented -> accept',
    ],
  );
  assert.deepEqual(
    findings.filter(({ code }) => code === 'flowspec/repaired').map(({ message, severity }) => [severity, message]),
    [
      [
        'information',
        'Routers would test a rule of ACE "allow-dns-packets" of ACL "dns-fragments" before ACE "drop-all-fragments" of ACL "dns-fragments", which comes first here. ' +
          'So the rule "dst 198.51.100.0/24, udp, dst port 53" of ACE "allow-dns-packets" of ACL "dns-fragments" became "dst 198.51.100.0/24, udp, dst port 53, not fragmented", which no longer overlaps.',
      ],
    ],
  );
  const first: Packet = {
    ...usual,
    family: 'ipv4',
    source: [203, 0, 113, 7],
    destination: parseAddress('198.51.100.9') ?? [],
    destinationPort: 53,
    fragment: 'first',
  };
  assert.equal(evaluateRules(rules, first).actions.length, 1);
  assert.equal(evaluateRules(rules, { ...first, fragment: 'whole' }).actions.length, 0);
});

test('what decides nothing is dropped', () => {
  const { texts, proved, findings } = repaired([
    [to('192.0.2.0/24'), 'drop'],
    [to('192.0.2.10/32'), 'accept'],
  ]);
  assert.deepEqual([texts, proved], [['dst 192.0.2.0/24 -> discard'], true]);
  assert.match(findings[0]?.message ?? '', /"dst 192\.0\.2\.10\/32" of ACE "a2" of ACL "acl" was removed/);
});

test('a prefix is split where that takes fewer rules than narrowing', () => {
  // Narrowing would take a rule for each of the five conditions of the first entry.
  const { texts, proved, findings } = repaired([
    [
      {
        ...to('192.0.2.0/24', { dscp: 46, length: 100, fragment: { operator: 'not match', type: 'df' } }),
        ...udp({ operator: 'gte', port: 1024 }),
      },
      'drop',
    ],
    [to('192.0.2.0/24', { 'source-ipv4-network': '198.51.100.0/24' }), 'accept'],
    [to('192.0.2.0/24'), 'drop'],
  ]);
  assert.equal(proved, true);
  assert.equal(
    texts.filter((text) => text.endsWith('dscp 46, fragment not df -> discard')).length,
    2,
    texts.join('\n'),
  );
  assert.match(
    findings[0]?.message ?? '',
    /became "dst 192\.0\.2\.0\/25, .*", "dst 192\.0\.2\.128\/25, .*", which routers test first/,
  );
});

test('order that makes no difference is left alone', () => {
  assert.deepEqual(
    repaired([
      [to('192.0.2.10/32'), 'accept'],
      [to('192.0.2.0/24'), 'drop'],
    ]).findings,
    [],
  );
});

test('beyond the budget the rules stay as they are, with the witness and the reason', () => {
  const aces: Ace[] = [
    [to('192.0.2.0/24', { dscp: 46 }), 'drop'],
    [{ ...to('192.0.2.0/24'), ...udp({ port: 53 }) }, 'accept'],
    [{ ...to('192.0.2.0/24', { length: 100 }) }, 'drop'],
  ];
  const given = repaired(aces, { repair: false });
  assert.equal(given.proved, false);
  const tight = repaired(aces, { repair: { rounds: 0 } });
  assert.deepEqual([tight.texts, tight.proved], [given.texts, false]);
  assert.deepEqual(
    tight.findings.map(({ code }) => code),
    ['flowspec/not-repaired', 'flowspec/order'],
  );
  assert.match(repaired(aces, { repair: { cuts: 1 } }).findings[0]?.message ?? '', /too many overlaps to compare/);
  assert.match(
    repaired(
      [
        [to('192.0.2.0/24', { dscp: 46, length: 100 }), 'drop'],
        [{ ...to('192.0.2.0/24'), ...udp({ port: 53 }) }, 'accept'],
        [to('192.0.2.0/24'), 'drop'],
      ],
      { repair: { rules: 0 } },
    ).findings[0]?.message ?? '',
    /more than 3 rules instead of 3/,
  );
});

test('rate limits are not multiplied where there is another way', () => {
  const limited = { forwarding: 'accept', 'rate-limit': '125000.00' };
  const value = aclDocument([
    { matches: { ...to('192.0.2.0/24', { dscp: 46, length: 100 }) }, actions: limited },
    { matches: { ...to('192.0.2.0/24'), ...udp({ port: 53 }) }, actions: { forwarding: 'accept' } },
    { matches: to('192.0.2.0/24'), actions: { forwarding: 'drop' } },
  ]);
  const { rules, equivalence, findings } = translate([{ file: 'x', value }]);
  assert.deepEqual(equivalence, { proved: true });
  assert.equal(rules.filter(({ text }) => text.endsWith('byte/s')).length, 1);
  assert.ok(findings.every(({ code }) => code !== 'flowspec/rate-multiplied'));
});

test('a mitigation that would cut into an accepting ACL is repaired as well', () => {
  const list = aclDocument([
    { name: 'dns', matches: { ...to('192.0.2.0/24'), ...udp({ port: 53 }) }, actions: { forwarding: 'accept' } },
  ]);
  const request = scopeDocument({ 'target-prefix': ['192.0.2.10/32'], 'target-protocol': [17] });
  const { rules, equivalence } = translate([
    { file: 'a', value: list },
    { file: 'm', value: request },
  ]);
  assert.deepEqual(equivalence, { proved: true });
  assert.deepEqual(
    rules.map(({ text }) => text),
    [
      'dst 192.0.2.0/24, udp, dst port 53 -> accept',
      'dst 192.0.2.10/32, udp, dst port <= 52 or >= 54 -> discard',
      'dst 192.0.2.10/32, udp, fragment later -> discard',
    ],
  );
});

/** What is left of one rule without another, in words. */
function left(draft: string, other: string, family: 'ipv4' | 'ipv6' = 'ipv4'): string[] | undefined {
  return draftsOutside(
    { family, components: decodeNlri(draft, family) },
    { family, components: decodeNlri(other, family) },
  )?.map(({ components }) => describeMatch(components));
}

test('one rule without another', () => {
  assert.deepEqual(left('050118c00002', '060120c0000201'.replace('0201', '020a')), [
    'dst 192.0.2.128/25',
    'dst 192.0.2.64/26',
    'dst 192.0.2.32/27',
    'dst 192.0.2.16/28',
    'dst 192.0.2.0/29',
    'dst 192.0.2.12/30',
    'dst 192.0.2.8/31',
    'dst 192.0.2.11/32',
  ]);
  assert.deepEqual(left('050118c00002', '080118c00002' + '058135'), [
    'dst 192.0.2.0/24, dst port <= 52 or >= 54',
    'dst 192.0.2.0/24, protocol <= 5 or 7-16 or >= 18',
    'dst 192.0.2.0/24, fragment later',
  ]);
  assert.deepEqual(left('080118c00002' + '0c8102', '080118c00002' + '0c8102'), []);
  assert.deepEqual(left('050118c00002', '080118c00002' + '0c8006'), ['dst 192.0.2.0/24, not fragmented']);
  assert.deepEqual(left('050118c00002', '0a0118c00002' + '090102c23d'), [
    'dst 192.0.2.0/24, tcp flags not syn or any of fin/rst/psh/ack/urg',
    'dst 192.0.2.0/24, protocol <= 5 or >= 7',
    'dst 192.0.2.0/24, fragment later',
  ]);
  assert.deepEqual(left('050118c00002', '090118c00002' + '0a930200'), ['dst 192.0.2.0/24, length <= 511']);
  assert.equal(left('050118c00002', '080118c00002' + '048135'), undefined, 'the port component looks at two fields');
});

test('rules that routers test before another', () => {
  const above = (draft: string, other: string): string[] | undefined => {
    const rival = decodeNlri(other, 'ipv4');
    const made = draftsAbove(
      { family: 'ipv4', components: decodeNlri(draft, 'ipv4') },
      { family: 'ipv4', components: rival },
    );
    return made?.map(
      ({ components }) => `${compareRules(components, rival) < 0 ? 'before ' : ''}${describeMatch(components)}`,
    );
  };
  assert.deepEqual(above('080118c00002' + '0c8006', '080118c00002' + '038111'), [
    'before dst 192.0.2.0/25, any fragment',
    'before dst 192.0.2.128/25, any fragment',
  ]);
  assert.deepEqual(above('09011fc000020a' + '0c8006', '060120c000020a'), [
    'dst 192.0.2.11/32, any fragment',
    'before dst 192.0.2.10/32, src 0.0.0.0/1, any fragment',
    'before dst 192.0.2.10/32, src 128.0.0.0/1, any fragment',
  ]);
  assert.equal(above('060120c000020a', '0c0120c000020a' + '0220c6336407'), undefined, 'addresses cannot be split');
  assert.equal(above('050118c00002', '050118c00003'), undefined, 'they do not overlap');
});
