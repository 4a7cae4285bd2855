import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { decodeNlri } from '#dots/flowspec/bgp/nlri';
import { renderExabgpConfiguration } from '#dots/flowspec/renderings/render';
import { translate } from '#dots/flowspec/translate';
import type { FlowspecRule } from '#dots/flowspec/bgp/rule';
import { aclDocument, type Vector } from '../support/flowspec/rules';
import { needShared } from '../support/shared';
import { needTool } from '../support/tools';
import { actions, repairedRules, ruleOf, rulesOfDocuments } from '../support/judges/rules';
import { removeFolder } from '../support/removeFolder';

/** What ExaBGP makes of a rule: the NLRI and the extended communities of its UPDATE. */
interface Announced {
  nlri: string;
  communities: string;
}

/** The path attributes of an UPDATE message without withdrawn routes, by type (RFC 4271 section 4.3). */
function attributes(update: string): Map<number, string> {
  const octets = Buffer.from(update, 'hex');
  const result = new Map<number, string>();
  for (let at = 23; at < octets.length;) {
    const extended = ((octets[at] ?? 0) & 0x10) !== 0;
    const start = at + (extended ? 4 : 3);
    const length = extended ? octets.readUInt16BE(at + 2) : (octets[at + 2] ?? 0);
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
    const env = {
      ...process.env,
      'exabgp.log.level': 'DEBUG',
      'exabgp.log.parser': 'true',
      exabgp_api_cli: 'false',
      PATH: `${process.env.PATH ?? ''}:/usr/sbin`,
    };
    const { status, stdout, stderr } = spawnSync('exabgp', ['--test', file], { env, encoding: 'utf8' });
    const log = stdout + stderr;
    const announced = [...log.matchAll(/parsed hex\s+([0-9A-F ]+)/g)].map(([, hex = '']) => {
      const found = attributes(hex.replaceAll(' ', '').toLowerCase());
      // MP_REACH_NLRI: AFI, SAFI, length of the next hop (0), one reserved octet, then the NLRI.
      return { nlri: (found.get(14) ?? '').slice(10), communities: found.get(16) ?? '' };
    });
    return { status, announced, log };
  } finally {
    removeFolder(folder);
  }
}

/** In the order of ExaBGP's log, which is not that of the configuration. */
function sorted(list: readonly Announced[]): string[] {
  return list.map(({ nlri, communities }) => `${nlri} ${communities}`).sort();
}

function expected(rules: readonly FlowspecRule[]): Announced[] {
  return rules.map(({ nlri, extendedCommunities }) => ({
    nlri,
    communities: [...extendedCommunities].sort().join(''),
  }));
}

/** Vectors that ExaBGP 4.2.21 cannot judge, and why. */
const knownBugs: Record<string, string> = {
  'v6-dst-offset-64': 'writes the whole prefix, not the pattern after the offset',
  'v6-nh-only': 'announces an IPv6 rule without a prefix as IPv4',
  'act-redirect-as4': 'recurses without end when it loads a redirect with a 4-octet AS',
  'len-609': 'cannot read an NLRI of 256 octets or more',
  'len-v6-307': 'cannot read an NLRI of 256 octets or more',
};

test('ExaBGP accepts every vector as rendered here, and writes the same octets', (t) => {
  const path = needTool(t, 'exabgp', 'exabgp') ? needShared(t, 'vectors', 'flowspec-vectors.json') : undefined;
  if (path === undefined) return;
  const rules = (JSON.parse(readFileSync(path, 'utf8')) as Vector[])
    .filter(({ name }) => knownBugs[name] === undefined)
    .map(ruleOf);
  const { status, announced, log } = exabgp(renderExabgpConfiguration(rules));
  assert.equal(status, 0, log.slice(-2000));
  assert.deepEqual(sorted(announced), sorted(expected(rules)));
});

test('what ExaBGP cannot announce is a comment with the reason, so that it accepts every rendering', (t) => {
  const path = needTool(t, 'exabgp', 'exabgp') ? needShared(t, 'vectors', 'flowspec-vectors.json') : undefined;
  if (path === undefined) return;
  const rules = (JSON.parse(readFileSync(path, 'utf8')) as Vector[])
    .filter(({ name }) => knownBugs[name] !== undefined)
    .map(ruleOf);
  const text = renderExabgpConfiguration(rules);
  assert.equal(text.match(/^ *# rule \d+ is omitted/gm)?.length, rules.length);
  assert.equal(exabgp(text).status, 0);
});

test('ExaBGP accepts what ACLs and mitigation requests become, and writes the same octets', (t) => {
  if (!needTool(t, 'exabgp', 'exabgp')) return;
  for (const rules of [
    ...actions.map(rulesOfDocuments),
    repairedRules().filter(({ components }) => components.every(({ type }) => type !== 13)),
  ]) {
    const { status, announced, log } = exabgp(renderExabgpConfiguration(rules));
    assert.equal(status, 0, log.slice(-2000));
    assert.deepEqual(sorted(announced), sorted(expected(rules)));
  }
});

test('a flow label below 65536 is the same rule in fewer octets: ExaBGP takes the shortest, RFC 8956 recommends four', (t) => {
  if (!needTool(t, 'exabgp', 'exabgp')) return;
  const { rules } = translate([
    {
      file: 'x',
      value: aclDocument([{ matches: { ipv6: { 'destination-ipv6-network': '2001:db8::/32', 'flow-label': 100 } } }], {
        type: 'ipv6-acl-type',
      }),
    },
  ]);
  const { status, announced } = exabgp(renderExabgpConfiguration(rules));
  assert.equal(status, 0);
  assert.deepEqual(
    announced.map(({ nlri }) => decodeNlri(nlri, 'ipv6')),
    rules.map(({ components }) => components),
  );
});
