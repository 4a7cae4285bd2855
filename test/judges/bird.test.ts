import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { decodeNlri } from '#dots/flowspec/bgp/nlri';
import { bitmaskSet } from '#dots/flowspec/packets/region';
import { renderBird, renderingFindings } from '#dots/flowspec/renderings/render';
import type { FlowspecRule } from '#dots/flowspec/bgp/rule';
import { encodeAnnouncements, encodeWithdrawals, type Carried } from '#dots/flowspec/bgp/update';
import { needTool } from '../support/tools';
import { vectors } from '../support/flowspec/rules';
import { freePort } from '../support/protocol/scene';
import { BgpPeer, until } from '../support/judges/bgpPeer';
import { actions, repairedRules, ruleOf, rulesOfDocuments } from '../support/judges/rules';
import { removeFolder } from '../support/removeFolder';

const as = 65001;
const env = { ...process.env, PATH: `${process.env.PATH ?? ''}:/usr/sbin` };

interface Bird {
  peer: BgpPeer;
  port: number;
  show(table: string): string;
}

/** BIRD with the rules, and a session with it; both end with the test. `bird -p` has its say first. */
async function startBird(t: TestContext, rules: readonly FlowspecRule[]): Promise<Bird> {
  const folder = mkdtempSync(join(tmpdir(), 'bird-'));
  const [file, control, pid] = ['bird.conf', 'control', 'pid'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  const port = await freePort();
  writeFileSync(
    file,
    renderBird(rules, { localAddress: '127.0.0.1', peerAddress: '127.0.0.2', localAs: as, peerAs: as, port }),
  );
  const parsed = spawnSync('bird', ['-p', '-c', file], { env, encoding: 'utf8' });
  assert.equal(parsed.status, 0, parsed.stderr);
  const bird = spawn('bird', ['-f', '-c', file, '-s', control, '-P', pid], { env, stdio: 'ignore' });
  t.after(() => {
    bird.kill('SIGKILL');
    removeFolder(folder);
  });
  const peer = await BgpPeer.open(port, as);
  t.after(() => peer.close());
  return {
    peer,
    port,
    show: (table) =>
      spawnSync('birdc', ['-s', control, 'show', 'route', 'table', table, 'all'], { env, encoding: 'utf8' }).stdout,
  };
}

function isWritten(rule: FlowspecRule): boolean {
  return !renderingFindings([rule], 'bird').some(({ severity }) => severity === 'warning');
}

/**
 * A rule by its octets, or by what it matches where BIRD writes the same in other octets: flow labels and tests of
 * several fragment bits.
 */
function identity({ family, nlri }: Pick<Carried, 'family' | 'nlri'>, rewritten: boolean): string {
  return rewritten
    ? JSON.stringify([
        family,
        decodeNlri(nlri, family).map((component) => (component.type === 12 ? bitmaskSet(component) : component)),
      ])
    : `${family} ${nlri}`;
}

async function announcesAll(t: TestContext, rules: readonly FlowspecRule[]): Promise<void> {
  const written = rules.filter(isWritten);
  const rewritten = written.filter((rule) => renderingFindings([rule], 'bird').length > 0);
  const exact = new Set(written.filter((rule) => !rewritten.includes(rule)).map((rule) => identity(rule, false)));
  const { peer } = await startBird(t, rules);
  await until(() => peer.announced.length >= written.length);
  const others = peer.announced.filter((rule) => !exact.delete(identity(rule, false)));
  assert.deepEqual([...exact], [], 'announced in the same octets');
  assert.deepEqual(
    others.map((rule) => identity(rule, true)).sort(),
    rewritten.map((rule) => identity(rule, true)).sort(),
  );
}

test('BIRD parses every vector as rendered here, and announces the same octets', async (t) => {
  if (!needTool(t, 'bird', 'bird2')) return;
  const rules = vectors(t).map(ruleOf);
  const left = rules.filter((rule) => !isWritten(rule)).map(({ source }) => source.file);
  if (rules.length === 0) return;
  assert.deepEqual(left, ['v6-flow-label-eq'], 'BIRD 2.0.12 cuts flow labels to 16 bits');
  await announcesAll(t, rules);
});

test('BIRD parses what ACLs and mitigation requests become, and announces the same octets', async (t) => {
  if (!needTool(t, 'bird', 'bird2')) return;
  for (const rules of [...actions.map(rulesOfDocuments), repairedRules()]) await announcesAll(t, rules);
});

test('BIRD, the strictest, takes the UPDATE messages made here, with their actions, and the withdrawals', async (t) => {
  if (!needTool(t, 'bird', 'bird2')) return;
  const rules = [...vectors(t).map(ruleOf), ...rulesOfDocuments({ kind: 'redirect', rt: '65000:100' })];
  const distinct = [...new Map(rules.map((rule) => [`${rule.family} ${rule.nlri}`, rule])).values()];
  const { peer, show } = await startBird(t, []);
  for (const message of encodeAnnouncements(distinct)) peer.announce(message);
  for (const family of ['ipv4', 'ipv6'] as const) {
    const own = distinct.filter((rule) => rule.family === family);
    const count = (text: string): number => text.match(/^flow[46] /gm)?.length ?? 0;
    const table = `flowtab${family.slice(3)}`;
    const text = (await until(() => [show(table)].find((shown) => count(shown) >= own.length))) ?? show(table);
    assert.equal(count(text), own.length, `${peer.notification ?? 'no notification'}\n${text}`);
    for (const hex of own.flatMap(({ extendedCommunities }) => extendedCommunities)) {
      const words = `(generic, 0x${Number.parseInt(hex.slice(0, 8), 16).toString(16)}, 0x${Number.parseInt(hex.slice(8), 16).toString(16)})`;
      assert.ok(text.includes(words), `${words} in ${text}`);
    }
  }
  for (const message of encodeWithdrawals(distinct)) peer.announce(message);
  assert.equal(await until(() => !/^flow/m.test(show('flowtab4') + show('flowtab6'))), true);
  assert.equal(peer.notification, undefined);
});

test('BIRD refuses components out of order: it does check the order', async (t) => {
  if (!needTool(t, 'bird', 'bird2')) return;
  const { peer, show } = await startBird(t, []);
  const [good] = encodeAnnouncements(rulesOfDocuments({ kind: 'discard' }).slice(3, 4));
  const bad = (good ?? '').replace(/0118c00002038111/, '0381110118c00002');
  assert.notEqual(bad, good);
  peer.announce(bad);
  await until(() => peer.notification);
  assert.match(peer.notification ?? '', /^03/, 'an UPDATE Message Error (RFC 4271 section 6.3)');
  assert.doesNotMatch(show('flowtab4'), /^flow4/m);
});
