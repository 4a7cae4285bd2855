import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { decodeAction } from '#dots/flowspec/communities';
import { decodeNlri } from '#dots/flowspec/nlri';
import { renderExabgpConfiguration } from '#dots/flowspec/render';
import { describeRule } from '#dots/flowspec/text';
import { translate } from '#dots/flowspec/translate';
import type { FlowspecRule } from '#dots/flowspec/types';
import type { JsonObject } from '#dots/model/json';
import { aclDocument, scopeDocument, type Vector } from '../unit/flowspec/support';
import { needShared } from '../support/shared';
import { needTool } from '../support/tools';

/** What ExaBGP makes of a rule: the NLRI and the extended communities of its UPDATE. */
interface Announced { nlri: string; communities: string }

/** The path attributes of an UPDATE message without withdrawn routes, by type (RFC 4271 section 4.3). */
function attributes(update: string): Map<number, string> {
  const octets = Buffer.from(update, 'hex');
  const result = new Map<number, string>();
  for (let at = 23; at < octets.length;) {
    const extended = ((octets[at] ?? 0) & 0x10) !== 0;
    const start = at + (extended ? 4 : 3);
    const length = extended ? octets.readUInt16BE(at + 2) : octets[at + 2] ?? 0;
    result.set(octets[at + 1] ?? 0, octets.subarray(start, start + length).toString('hex'));
    at = start + length;
  }
  return result;
}

/** Lets ExaBGP parse the configuration, encode the rules and read them back; its log shows each UPDATE in hex. */
function exabgp(configuration: string): { status: number | null; announced: Announced[]; log: string } {
  const folder = mkdtempSync(join(tmpdir(), 'flowspec-'));
  try {
    const file = join(folder, 'exabgp.conf');
    writeFileSync(file, configuration);
    const env = { ...process.env, 'exabgp.log.level': 'DEBUG', 'exabgp.log.parser': 'true', exabgp_api_cli: 'false', PATH: `${process.env.PATH ?? ''}:/usr/sbin` };
    const { status, stdout, stderr } = spawnSync('exabgp', ['--test', file], { env, encoding: 'utf8' });
    const log = stdout + stderr;
    const announced = [...log.matchAll(/parsed hex\s+([0-9A-F ]+)/g)].map(([, hex = '']) => {
      const found = attributes(hex.replaceAll(' ', '').toLowerCase());
      // MP_REACH_NLRI: AFI, SAFI, length of the next hop (0), one reserved octet, then the NLRI.
      return { nlri: (found.get(14) ?? '').slice(10), communities: found.get(16) ?? '' };
    });
    return { status, announced, log };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** In the order of ExaBGP's log, which is not that of the configuration. */
function sorted(list: readonly Announced[]): string[] {
  return list.map(({ nlri, communities }) => `${nlri} ${communities}`).sort();
}

function expected(rules: readonly FlowspecRule[]): Announced[] {
  return rules.map(({ nlri, extendedCommunities }) => ({ nlri, communities: [...extendedCommunities].sort().join('') }));
}

function ruleOf({ name, family, nlri_hex: nlri, extcomm_hex: communities }: Vector): FlowspecRule {
  const components = decodeNlri(nlri, family);
  const extendedCommunities = communities.match(/.{16}/g) ?? [];
  const actions = extendedCommunities.map(decodeAction);
  return { family, components, actions, nlri, extendedCommunities, text: describeRule(components, actions), source: { file: name, pointer: '' } };
}

/** Vectors that ExaBGP 4.2.21 cannot judge, and why. */
const knownBugs: Record<string, string> = {
  'v6-dst-offset-64': 'writes the whole prefix, not the pattern after the offset',
  'v6-nh-only': 'announces an IPv6 rule without a prefix as IPv4',
  'act-redirect-as4': '--test recurses without end when it prints a redirect with a 4-octet AS',
  'len-609': 'cannot read an NLRI of 256 octets or more',
  'len-v6-307': 'cannot read an NLRI of 256 octets or more',
};

test('ExaBGP accepts every vector as rendered here, and writes the same octets', (t) => {
  const path = needTool(t, 'exabgp', 'exabgp') ? needShared(t, 'vectors', 'flowspec-vectors.json') : undefined;
  if (path === undefined) return;
  const rules = (JSON.parse(readFileSync(path, 'utf8')) as Vector[]).filter(({ name }) => knownBugs[name] === undefined).map(ruleOf);
  const { status, announced, log } = exabgp(renderExabgpConfiguration(rules));
  assert.equal(status, 0, log.slice(-2000));
  assert.deepEqual(sorted(announced), sorted(expected(rules)));
});

test('ExaBGP accepts what ACLs and mitigation requests become, and writes the same octets', (t) => {
  if (!needTool(t, 'exabgp', 'exabgp')) return;
  const to = { 'destination-ipv4-network': '192.0.2.0/24' };
  const to6 = { 'destination-ipv6-network': '2001:db8::/32' };
  const udp: JsonObject = { 'source-port-range-or-operator': { 'lower-port': 0, 'upper-port': 1023 }, 'destination-port-range-or-operator': { operator: 'neq', port: 443 } };
  const documents = [
    aclDocument([
      { matches: { ipv4: { ...to, fragment: { type: 'isf' }, dscp: 46, length: 1500 } } },
      { matches: { ipv4: { ...to, flags: 'more', 'source-ipv4-network': '198.51.100.0/24' } } },
      { matches: { ipv4: { ...to, fragment: { operator: 'not match', type: 'df isf' } } } },
      { matches: { ipv4: to, udp }, actions: { forwarding: 'accept' } },
      { matches: { ipv4: to, tcp: { flags: 'syn' } }, actions: { forwarding: 'accept', 'rate-limit': '125000.00' } },
      { matches: { ipv4: to, tcp: { 'flags-bitmask': { operator: 'not any', bitmask: 4095 } } }, actions: { forwarding: 'accept', 'rate-limit': '20000.25' } },
      { matches: { ipv4: to, icmp: { type: 3, code: 4 } } },
    ]),
    aclDocument([{ matches: { ipv6: { ...to6, 'flow-label': 74565, dscp: 10, length: 1240, fragment: { type: 'ff' } } } }, { matches: { ipv6: to6, icmp: { type: 128 } } }], { type: 'ipv6-acl-type' }),
    scopeDocument({ 'target-prefix': ['192.0.2.10/32', '2001:db8::10/128'], 'target-protocol': [17, 6], 'target-port-range': [{ 'lower-port': 53 }, { 'lower-port': 8000, 'upper-port': 8080 }] }),
  ];
  for (const action of [{ kind: 'discard' }, { kind: 'rate', bytes: 1e9 }, { kind: 'redirect', rt: '65000:100' }, { kind: 'redirect', rt: '192.0.2.1:100' }, { kind: 'mark', dscp: 8 }] as const) {
    const { rules } = translate(documents.map((value, index) => ({ file: `${index}`, value })), { action });
    assert.equal(rules.length, 11);
    const { status, announced, log } = exabgp(renderExabgpConfiguration(rules));
    assert.equal(status, 0, log.slice(-2000));
    assert.deepEqual(sorted(announced), sorted(expected(rules)));
  }
});

test('a flow label below 65536 is the same rule in fewer octets: ExaBGP takes the shortest, RFC 8956 wants four', (t) => {
  if (!needTool(t, 'exabgp', 'exabgp')) return;
  const { rules } = translate([{ file: 'x', value: aclDocument([{ matches: { ipv6: { 'destination-ipv6-network': '2001:db8::/32', 'flow-label': 100 } } }], { type: 'ipv6-acl-type' }) }]);
  const { status, announced } = exabgp(renderExabgpConfiguration(rules));
  assert.equal(status, 0);
  assert.deepEqual(announced.map(({ nlri }) => decodeNlri(nlri, 'ipv6')), rules.map(({ components }) => components));
});
