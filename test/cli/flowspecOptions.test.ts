import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { aclDocument, scopeDocument } from '../support/flowspec/rules';
import { dots, folder, request } from '../support/dots';

interface Report {
  rules: { text: string; extendedCommunities: string[]; explained?: object[] }[];
  findings: { code: string; message: string; severity: string }[];
  equivalence: { proved: unknown; witness?: { packet: string } };
}

const to = { 'destination-ipv4-network': '192.0.2.0/24' };
const fragments = JSON.stringify(
  aclDocument([
    { name: 'fragments', matches: { ipv4: { ...to, fragment: { type: 'isf' } } } },
    {
      name: 'dns',
      matches: { ipv4: to, udp: { 'destination-port-range-or-operator': { port: 53 } } },
      actions: { forwarding: 'accept' },
    },
  ]),
);

function json(words: readonly string[], input: string): Report {
  return JSON.parse(dots(['flowspec', '-', '--format', 'json', ...words], input).out) as Report;
}

test('JSON says whether the order is proved; without repair it shows a witness', () => {
  assert.deepEqual(json([], fragments).equivalence, { proved: true, witness: null, reason: null });
  assert.ok(json([], fragments).findings.some(({ code }) => code === 'flowspec/repaired'));
  const {
    equivalence: { proved, witness },
  } = json(['--no-repair'], fragments);
  assert.deepEqual([proved, witness?.packet], [false, 'udp 198.51.100.7:40000 -> 192.0.2.1:53, first fragment']);
  assert.match(dots(['flowspec', '-'], fragments).out, /^Order: proved/m);
  assert.match(
    dots(['flowspec', '-', '--no-repair'], fragments).out,
    /^Order: .* Example: udp 198\.51\.100\.7:40000 -> 192\.0\.2\.1:53, first fragment; documents: discard by -#.*; routers: accept by -#/m,
  );
});

test('the action of mitigations', () => {
  const community = (action: string): string[] | undefined =>
    json(['--action', action], request).rules[0]?.extendedCommunities;
  assert.deepEqual(community('discard'), ['8006000000000000']);
  assert.deepEqual(community('rate:125000'), ['8006000047f42400']);
  assert.deepEqual(community('redirect:65000:100'), ['8008fde800000064']);
  assert.deepEqual(community('mark:46'), ['800900000000002e']);
});

const refusedOptions: [option: string, value: string, error: RegExp][] = [
  ['action', 'rate:fast', /--action rate:BYTES .* not "fast"/],
  ['action', 'rate:-1', /--action rate:BYTES .* not "-1"/],
  ['action', 'redirect:', /--action redirect:RT .* not ""/],
  ['action', 'redirect:scrubber', /--action redirect:RT .* not "scrubber"/],
  ['action', 'redirect:65001:4294967296', /--action redirect:RT .* not "65001:4294967296".* 4294967295\./],
  ['action', 'redirect:192.0.2.9:65536', /--action redirect:RT .* not "192.0.2.9:65536".* 65535/],
  ['action', 'mark:64', /--action mark:DSCP .* not "64"/],
  ['action', 'drop', /--action must be discard, .* not "drop"/],
  ['domain', '192.0.2.1', /--domain .* not "192.0.2.1"/],
];

for (const [option, value, error] of refusedOptions) {
  test(`the error names the option and what is wrong with it: --${option} ${value}`, () => {
    const run = dots(['flowspec', '-', `--${option}`, value], request);
    assert.equal(run.status, 2);
    assert.match(run.err, error);
    assert.doesNotMatch(run.err, /\{|\n\s+at /);
  });
}

/** The answers of a name server that the tests do not ask. */
const answers = `require('node:dns/promises').lookup = async (name) =>
  name === 'www.example.com' ? [{ address: '192.0.2.80', family: 4 }, { address: '2001:db8::80', family: 6 }] : [];`;

test('names are resolved when asked for, and the finding states time and result', (t) => {
  const named = JSON.stringify(scopeDocument({ 'target-fqdn': ['www.example.com'], 'target-protocol': [17] }));
  const without = json([], named);
  assert.deepEqual([without.rules, without.findings[0]?.code], [[], 'flowspec/needs-resolution']);
  const preload = join(folder(t, { 'answers.cjs': answers }), 'answers.cjs');
  const words = ['flowspec', '-', '--format', 'json', '--resolve'];
  const { rules, findings } = JSON.parse(
    dots(words, named, undefined, { NODE_OPTIONS: `--require=${preload}` }).out,
  ) as Report;
  assert.deepEqual(
    rules.map(({ text }) => text),
    ['dst 192.0.2.80/32, udp -> discard', 'dst 2001:db8::80/128, udp -> discard'],
  );
  assert.match(
    findings.find(({ code }) => code === 'flowspec/resolved')?.message ?? '',
    /"www\.example\.com" had the addresses 192\.0\.2\.80, 2001:db8::80 \(\d{4}-\d\d-\d\dT[\d:.]+Z\)/,
  );
});

test('each octet in words', () => {
  const run = dots(['flowspec', '-', '--explain'], request);
  assert.match(
    run.out,
    /^dst 192\.0\.2\.0\/24, udp -> discard\n {2}08 +IPv4: 8 octets of components follow\n {2}01 +component type 1/,
  );
  assert.match(run.out, / {2}11 +value: 17 \(udp\)\n {2}8006 +extended community, traffic-rate-bytes: discard\n/);
  assert.equal(json(['--explain'], request).rules[0]?.explained?.length, 7);
  assert.match(
    dots(['flowspec', '--decode', '03058716', '--family', 'ipv6', '--explain'], '').out,
    /operator: always; the value has 1 octet; last of the list/,
  );
});

test('rules added, removed and changed against another document', (t) => {
  const scope = (...prefixes: string[]): string =>
    JSON.stringify(scopeDocument({ 'target-prefix': prefixes, 'target-protocol': [17] }));
  const path = folder(t, {
    'old.dots.json': scope('192.0.2.1/32', '192.0.2.3/32'),
    'new.dots.json': scope('192.0.2.3/32', '192.0.2.5/32'),
    'acl.dots.json': JSON.stringify(
      aclDocument([
        {
          matches: { ipv4: { 'destination-ipv4-network': '192.0.2.3/32', protocol: 17 } },
          actions: { forwarding: 'accept' },
        },
      ]),
    ),
  });
  const [old, now, acl] = ['old', 'new', 'acl'].map((name) => join(path, `${name}.dots.json`)) as [
    string,
    string,
    string,
  ];
  assert.equal(
    dots(['flowspec', now, '--compare', old]).out,
    '- dst 192.0.2.1/32, udp -> discard\n+ dst 192.0.2.5/32, udp -> discard\n1 added, 1 removed, 0 changed, 1 the same.\n',
  );
  assert.equal(
    dots(['flowspec', acl, '--compare', now]).out,
    '- dst 192.0.2.5/32, udp -> discard\n~ dst 192.0.2.3/32, udp: discard -> accept\n0 added, 1 removed, 1 changed, 0 the same.\n',
  );
  const report = JSON.parse(dots(['flowspec', now, '--compare', old, '--format', 'json']).out) as {
    added: object[];
    removed: object[];
    changed: object[];
    same: number;
  };
  assert.deepEqual([report.added.length, report.removed.length, report.changed.length, report.same], [1, 1, 0, 1]);
});

test('for GoBGP and BIRD; what a tool cannot announce is a comment and a finding', () => {
  assert.match(
    dots(['flowspec', '-', '--format', 'gobgp'], request).out,
    /^gobgp global rib add -a ipv4-flowspec match destination 192\.0\.2\.0\/24 protocol '==17' then discard$/m,
  );
  assert.match(
    dots(['flowspec', '-', '--format', 'bird'], request).out,
    /^ {2}route flow4 \{ dst 192\.0\.2\.0\/24; proto = 17; \} \{ bgp_ext_community/m,
  );
  const wide = JSON.stringify(aclDocument([{ matches: { ipv4: to, tcp: { 'flags-bitmask': { bitmask: 256 } } } }]));
  const run = dots(['flowspec', '-', '--format', 'gobgp'], wide);
  assert.match(run.out, /^# rule 1 is omitted \(GoBGP has names for the eight common TCP flags only\): dst/);
  assert.match(run.err, /warning The rule .* is omitted from this rendering: GoBGP .* \(flowspec\/tool,/);
});

for (const [words, message] of [
  [['flowspec', '-', '--compare', 'x', '--format', 'bird'], /table or json/],
  [['flowspec', '-', '--explain', '--format', 'hex'], /table or json/],
  [['flowspec', '-', '--explain', '--compare', 'x'], /cannot be combined/],
  [['flowspec', '--decode', '03038111', '--family', 'ipv4', '--resolve'], /--resolve cannot be combined with --decode/],
] as [string[], RegExp][]) {
  test(`wrong usage: ${words.slice(1).join(' ')}`, () => {
    const run = dots(words, request);
    assert.deepEqual([run.status, run.out], [2, '']);
    assert.match(run.err, message);
  });
}

test('own prefixes of the workspace file replace a missing destination; --domain takes precedence', (t) => {
  const place = folder(t);
  const acl = join(place, 'acl.dots.json');
  writeFileSync(acl, JSON.stringify(aclDocument([{ name: 'a', matches: { ipv4: { protocol: 17 } } }])));
  writeFileSync(join(place, 'dots.workspace.json'), JSON.stringify({ 'own-prefixes': ['203.0.113.0/24'] }));
  const texts = (...more: string[]): string[] =>
    (JSON.parse(dots(['flowspec', acl, '--format', 'json', ...more]).out) as Report).rules.map(({ text }) => text);
  assert.deepEqual(texts(), ['dst 203.0.113.0/24, udp -> discard']);
  assert.deepEqual(texts('--domain', '192.0.2.0/24'), ['dst 192.0.2.0/24, udp -> discard']);
});
