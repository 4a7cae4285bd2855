import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DotsError } from '#dots/model/errors';
import { translate, type FlowspecOptions } from '#dots/flowspec/translate';
import type { JsonObject } from '#dots/model/json';
import { ace, scopeDocument, translated } from '../../../support/flowspec/rules';
import { from, ports, scope } from '../../../support/flowspec/scopes';

test('targets: one rule for each prefix, protocols and ports as lists', () => {
  const { texts, nlris } = scope({
    'target-prefix': ['192.0.2.10/32', '2001:db8::10/128'],
    'target-protocol': [17, 6],
    'target-port-range': ports([8080, 8090], [443], [80]),
  });
  assert.deepEqual(texts, [
    'dst 192.0.2.10/32, tcp or udp, dst port 80 or 443 or 8080-8090',
    'dst 2001:db8::10/128, tcp or udp, dst port 80 or 443 or 8080-8090',
  ]);
  assert.equal(nlris[0], '17' + '0120c000020a' + '0301068111' + '05' + '0150' + '1101bb' + '131f90' + 'd51f9a');
});

test('the same set of ports is always the same rule', () => {
  const nlri = (...list: [number, number?][]): string[] =>
    scope({ 'target-prefix': ['192.0.2.10/32'], 'target-protocol': [6], 'target-port-range': ports(...list) }).nlris;
  assert.deepEqual(nlri([80, 90], [85, 100]), nlri([80, 100]));
  assert.deepEqual(nlri([443], [80]), nlri([80], [443]));
  assert.deepEqual(
    nlri([0, 65535]),
    scope({ 'target-prefix': ['192.0.2.10/32'], 'target-protocol': [6] }).nlris,
    'all ports say nothing beside TCP',
  );
});

test('ports without a protocol stay, and a finding says that they mean TCP and UDP', () => {
  const { texts, codes } = scope({ 'target-prefix': ['192.0.2.10/32'], 'target-port-range': ports([53]) });
  assert.deepEqual(texts, ['dst 192.0.2.10/32, dst port 53']);
  assert.deepEqual(codes, ['warning ports-any-protocol 0/target-port-range']);
});

test('protocols without ports get a rule of their own, SCTP and DCCP with ports none', () => {
  const { texts, codes } = scope({
    'target-prefix': ['192.0.2.10/32'],
    'target-protocol': [6, 47, 132, 50],
    'target-port-range': ports([53]),
  });
  assert.deepEqual(texts, ['dst 192.0.2.10/32, tcp, dst port 53', 'dst 192.0.2.10/32, gre or esp']);
  assert.deepEqual(codes, [
    'error ports-not-visible 0/target-protocol',
    'warning ports-do-not-apply 0/target-protocol',
  ]);
  assert.deepEqual(scope({ 'target-prefix': ['192.0.2.10/32'], 'target-protocol': [132] }).texts, [
    'dst 192.0.2.10/32, sctp',
  ]);
  assert.deepEqual(
    scope({ 'target-prefix': ['192.0.2.10/32'], 'target-protocol': [33], 'target-port-range': ports([1]) }).texts,
    [],
  );
});

test('Call Home sources: pairs within a family', () => {
  const { texts, codes } = scope({
    'target-prefix': ['192.0.2.10/32', '192.0.2.20/32', '2001:db8::10/128'],
    ...from({ 'source-prefix': ['198.51.100.0/24', '203.0.113.0/24'] }),
  });
  assert.equal(texts.length, 4);
  assert.equal(texts[1], 'dst 192.0.2.10/32, src 203.0.113.0/24');
  assert.deepEqual(codes, ['warning family-pair 0/target-prefix']);
  assert.deepEqual(
    scope({ 'target-prefix': ['192.0.2.10/32'], ...from({ 'source-prefix': ['2001:db8::/32', '198.51.100.0/24'] }) })
      .codes,
    ['warning family-pair 0/ietf-dots-call-home:source-prefix'],
  );
});

test('Call Home source ports and ICMP types', () => {
  assert.deepEqual(
    scope({
      'target-prefix': ['192.0.2.10/32'],
      'target-protocol': [17],
      ...from({ 'source-port-range': ports([53], [123]) }),
    }).texts,
    ['dst 192.0.2.10/32, udp, src port 53 or 123'],
  );
  const types = from({ 'source-icmp-type-range': [{ 'lower-type': 8 }, { 'lower-type': 13, 'upper-type': 18 }] });
  assert.deepEqual(scope({ 'target-prefix': ['192.0.2.10/32'], ...types }).texts, [
    'dst 192.0.2.10/32, icmp, icmp type 8 or 13-18',
  ]);
  assert.deepEqual(scope({ 'target-prefix': ['2001:db8::10/128'], ...types }).texts, [
    'dst 2001:db8::10/128, icmpv6, icmp type 8 or 13-18',
  ]);
  assert.deepEqual(scope({ 'target-prefix': ['192.0.2.10/32'], 'target-port-range': ports([53]), ...types }).texts, [
    'dst 192.0.2.10/32, dst port 53',
    'dst 192.0.2.10/32, icmp, icmp type 8 or 13-18',
  ]);
  assert.deepEqual(
    scope({
      'target-prefix': ['192.0.2.10/32'],
      'target-protocol': [1, 17],
      'target-port-range': ports([53]),
      ...types,
    }).texts,
    ['dst 192.0.2.10/32, udp, dst port 53', 'dst 192.0.2.10/32, icmp, icmp type 8 or 13-18'],
  );
  assert.deepEqual(scope({ 'target-prefix': ['192.0.2.10/32'], 'target-protocol': [17], ...types }).codes, [
    'warning icmp-types 0/ietf-dots-call-home:source-icmp-type-range',
  ]);
  assert.deepEqual(scope({ 'target-prefix': ['2001:db8::10/128'], 'target-protocol': [1] }).codes, [
    'warning icmp-family 0/target-protocol',
  ]);
});

test('own prefixes: targets must lie in them, in Call Home the sources do', () => {
  const domain = ['192.0.2.0/24'];
  const outside = scope({ 'target-prefix': ['192.0.2.10/32', '203.0.113.1/32'] }, { domain });
  assert.deepEqual([outside.texts, outside.codes], [[], ['error outside-domain 0/target-prefix/1']]);
  const home = translated(
    scopeDocument({ 'target-prefix': ['203.0.113.1/32'], ...from({ 'source-prefix': ['192.0.2.7/32'] }) }),
    { domain },
  );
  assert.deepEqual(
    [home.codes, home.findings.map(({ code }) => code).filter((code) => code !== 'flowspec/control-port')],
    [[], ['flowspec/call-home', 'flowspec/default-action']],
  );
});

test('an IPv6 extension header is never the upper-layer protocol', () => {
  assert.deepEqual(scope({ 'target-prefix': ['2001:db8::10/128'], 'target-protocol': [44] }), {
    texts: [],
    nlris: [],
    codes: ['warning never-matches 0'],
  });
});

test('covered, double and halved prefixes are merged', () => {
  const { texts, codes } = scope({
    'target-prefix': ['192.0.2.128/25', '192.0.2.10/32', '192.0.2.0/25', '192.0.2.0/25', '203.0.113.1/32'],
    'target-protocol': [17],
  });
  assert.deepEqual(texts, ['dst 192.0.2.0/24, udp', 'dst 203.0.113.1/32, udp']);
  assert.deepEqual(codes, ['information merged 0/target-prefix']);
});

test("the action of a mitigation is the operator's", () => {
  const community = (options: FlowspecOptions): string[] =>
    translate([{ file: 'x', value: scopeDocument({ 'target-prefix': ['192.0.2.10/32'] }) }], options).rules.flatMap(
      (rule) => [...rule.extendedCommunities, ...(rule.ipv6ExtendedCommunities ?? [])],
    );
  assert.deepEqual(community({}), ['8006000000000000']);
  assert.deepEqual(community({ action: { kind: 'rate', bytes: 125000 } }), ['8006000047f42400']);
  assert.deepEqual(community({ action: { kind: 'redirect', rt: '65000:100' } }), ['8008fde800000064']);
  assert.deepEqual(community({ action: { kind: 'redirect', rt: '[2001:db8::1]:100' } }), [
    '000d20010db80000000000000000000000010064',
  ]);
  assert.deepEqual(community({ action: { kind: 'mark', dscp: 8 } }), ['8009000000000008']);
  assert.throws(() => community({ action: { kind: 'redirect', rt: 'scrubber' } }), DotsError);
  assert.throws(() => community({ action: { kind: 'rate', bytes: -1 } }), DotsError);
  assert.throws(() => community({ domain: ['192.0.2.0'] }), { kind: 'usage', code: 'flowspec/domain' });
});

test('requests that filter nothing yet, or no more', () => {
  assert.deepEqual(scope({ 'target-prefix': ['192.0.2.10/32'], 'trigger-mitigation': false }).codes, [
    'warning preconfigured 0/trigger-mitigation',
  ]);
  assert.deepEqual(scope({ 'target-prefix': ['192.0.2.10/32'], status: 'attack-mitigation-terminated' }), {
    texts: [],
    nlris: [],
    codes: ['information over 0/status'],
  });
  assert.equal(
    scope({
      'target-prefix': ['192.0.2.10/32'],
      mid: 1,
      status: 'attack-mitigation-in-progress',
      'ietf-dots-telemetry:total-traffic': [],
    }).texts.length,
    1,
  );
});

test('a product of long lists is refused with its size', () => {
  const list = (first: string): string[] => Array.from({ length: 200 }, (_, index) => `${first}.${index}.1/32`);
  const { texts, codes } = scope({ 'target-prefix': list('198.18'), ...from({ 'source-prefix': list('198.19') }) });
  assert.deepEqual([texts, codes], [[], ['error too-many-rules 0']]);
});

test('a list of ports too long for one NLRI is refused', () => {
  const { texts, codes } = scope({
    'target-prefix': ['192.0.2.10/32'],
    'target-protocol': [6],
    'target-port-range': ports(...Array.from({ length: 2000 }, (_, index): [number] => [1000 + 2 * index])),
  });
  assert.deepEqual([texts, codes], [[], ['error too-long 0']]);
});

test('advice: a whole destination, control ports, router limits', () => {
  const adviceIn = ({ findings }: ReturnType<typeof translated>): string[] =>
    findings.filter((finding) => finding.class === 'advice').map(({ code }) => code.slice(9));
  const advice = (value: JsonObject): string[] =>
    adviceIn(translated(scopeDocument(value), { action: { kind: 'discard' } }));
  assert.deepEqual(advice({ 'target-prefix': ['192.0.2.0/24'] }), ['whole-destination', 'control-port']);
  assert.deepEqual(adviceIn(ace({ ipv4: { 'destination-ipv4-network': '0.0.0.0/0', protocol: 47 } })), [
    'any-destination',
  ]);
  assert.deepEqual(
    advice({ 'target-prefix': ['192.0.2.0/24'], 'target-protocol': [6], 'target-port-range': ports([179]) }),
    ['control-port'],
  );
  assert.deepEqual(
    advice({
      'target-prefix': ['192.0.2.0/24'],
      'target-protocol': [6],
      'target-port-range': ports([1], [3], [5], [7], [9], [11]),
    }),
    ['many-values'],
  );
});

test('the whole data channel tree is read, aliases and ACLs of each client', () => {
  const value: JsonObject = {
    'ietf-dots-data-channel:dots-data': {
      'dots-client': [
        {
          cuid: 'a',
          aliases: { alias: [{ name: 'w', 'target-prefix': ['192.0.2.10/32'] }] },
          acls: {
            acl: [
              {
                name: 'l',
                type: 'ipv4-acl-type',
                aces: {
                  ace: [
                    {
                      name: 'e',
                      matches: { ipv4: { 'destination-ipv4-network': '192.0.2.20/32' } },
                      actions: { forwarding: 'accept' },
                    },
                  ],
                },
              },
            ],
          },
        },
      ],
    },
  };
  const { rules } = translate([
    { file: 's', value: scopeDocument({ 'alias-name': ['w'] }) },
    { file: 'd', value },
  ]);
  assert.deepEqual(
    rules.map(({ text, source }) => [text, source.file]),
    [
      ['dst 192.0.2.20/32 -> accept', 'd'],
      ['dst 192.0.2.10/32 -> discard', 's'],
    ],
  );
});
