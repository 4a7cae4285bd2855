import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import type { Family } from '#dots/model/prefix';
import { decodeNlri } from '#dots/flowspec/bgp/nlri';
import { render, renderingFindings } from '#dots/flowspec/renderings/render';
import type { FlowspecRule } from '#dots/flowspec/bgp/rule';
import { decodeUpdate, encodeAnnouncements, encodeWithdrawals, type Carried } from '#dots/flowspec/bgp/update';
import { needTool } from '../support/tools';
import { vectors } from '../support/flowspec/rules';
import { freePort } from '../support/protocol/scene';
import { BgpPeer, until } from '../support/judges/bgpPeer';
import { actions, repairedRules, ruleOf, rulesOfDocuments } from '../support/judges/rules';
import { removeFolder } from '../support/removeFolder';

const as = 65001;

interface Gobgp {
  peer: BgpPeer;
  /** Runs a rendering as a shell does. */
  run(script: string): ReturnType<typeof spawnSync>;
  /** How many rules of a family it holds. */
  count(family: Family): number;
}

/** GoBGP without rules, and a session with it; both end with the test. */
async function startGobgp(t: TestContext): Promise<Gobgp> {
  const folder = mkdtempSync(join(tmpdir(), 'gobgp-'));
  const file = join(folder, 'gobgpd.toml');
  const [port, api] = [await freePort(), await freePort()];
  const families = ['ipv4-flowspec', 'ipv6-flowspec']
    .map((name) => `[[neighbors.afi-safis]]\n[neighbors.afi-safis.config]\nafi-safi-name = "${name}"\n`)
    .join('');
  writeFileSync(
    file,
    `[global.config]\nas = ${as}\nrouter-id = "192.0.2.1"\nport = ${port}\nlocal-address-list = ["127.0.0.1"]\n` +
      `[[neighbors]]\n[neighbors.config]\nneighbor-address = "127.0.0.2"\npeer-as = ${as}\n[neighbors.transport.config]\npassive-mode = true\n${families}`,
  );
  const daemon = spawn('gobgpd', ['-f', file, '--api-hosts', `127.0.0.1:${api}`, '--pprof-disable', '-l', 'error'], {
    stdio: 'ignore',
  });
  t.after(() => {
    daemon.kill('SIGKILL');
    removeFolder(folder);
  });
  const peer = await BgpPeer.open(port, as);
  t.after(() => peer.close());
  const run = (script: string): ReturnType<typeof spawnSync> =>
    spawnSync('sh', ['-e'], { input: `gobgp() { command gobgp -p ${api} "$@"; }\n${script}`, encoding: 'utf8' });
  const count = (family: Family): number =>
    Object.keys(JSON.parse(String(run(`gobgp global rib -a ${family}-flowspec -j`).stdout)) as object).length;
  return { peer, run, count };
}

function isWritten(rule: FlowspecRule): boolean {
  return !renderingFindings([rule], 'gobgp').some(({ severity }) => severity === 'warning');
}

/** GoBGP writes flow labels in the fewest octets: those are compared by meaning. */
function listed(rules: readonly Pick<Carried, 'family' | 'nlri'>[]): string[] {
  return rules
    .map(({ family, nlri }) => {
      const components = decodeNlri(nlri, family);
      return `${family} ${components.some(({ type }) => type === 13) ? JSON.stringify(components) : nlri}`;
    })
    .sort();
}

async function announcesAll(t: TestContext, rules: readonly FlowspecRule[]): Promise<void> {
  const written = rules.filter(isWritten);
  const { peer, run } = await startGobgp(t);
  const { status, stdout, stderr } = run(render(rules, 'gobgp'));
  assert.equal(status, 0, `${String(stdout)}${String(stderr)}`);
  await until(() => peer.announced.length >= written.length);
  assert.deepEqual(listed(peer.announced), listed(written));
  const communities = peer.updates
    .map(decodeUpdate)
    .flatMap((update) =>
      update.announced.map(
        ({ family, nlri }) =>
          `${family} ${JSON.stringify(decodeNlri(nlri, family))} ${[...update.extendedCommunities].sort().join(' ')}`,
      ),
    );
  assert.deepEqual(
    communities.sort(),
    written
      .map(
        (rule) => `${rule.family} ${JSON.stringify(rule.components)} ${[...rule.extendedCommunities].sort().join(' ')}`,
      )
      .sort(),
  );
}

test('GoBGP swaps every vector as rendered here, and announces the same octets and actions', async (t) => {
  if (!needTool(t, 'gobgpd', 'gobgpd')) return;
  const rules = vectors(t).map(ruleOf);
  if (rules.length === 0) return;
  const left = rules.filter((rule) => !isWritten(rule)).map(({ source }) => source.file);
  // GoBGP 3.10 writes offsets against RFC 8956, and an NLRI with 239 octets of components or more as garbage.
  assert.deepEqual(left, ['v6-dst-offset-64', 'len-240', 'len-255', 'len-609', 'len-v6-307']);
  await announcesAll(t, rules);
});

test('GoBGP swaps what ACLs and mitigation requests become, and announces the same octets and actions', async (t) => {
  if (!needTool(t, 'gobgpd', 'gobgpd')) return;
  for (const rules of [...actions.map(rulesOfDocuments), repairedRules()]) await announcesAll(t, rules);
});

test('GoBGP reads the UPDATE messages made here, and the withdrawals', async (t) => {
  if (!needTool(t, 'gobgpd', 'gobgpd')) return;
  const readable = [...vectors(t).map(ruleOf).filter(isWritten), ...rulesOfDocuments({ kind: 'discard' })];
  const distinct = [...new Map(readable.map((rule) => [`${rule.family} ${rule.nlri}`, rule])).values()];
  const { peer, count } = await startGobgp(t);
  for (const message of encodeAnnouncements(distinct)) peer.announce(message);
  for (const family of ['ipv4', 'ipv6'] as const) {
    const wanted = distinct.filter((rule) => rule.family === family).length;
    await until(() => count(family) >= wanted);
    assert.equal(count(family), wanted, family);
  }
  for (const message of encodeWithdrawals(distinct)) peer.announce(message);
  assert.equal(await until(() => count('ipv4') + count('ipv6') === 0), true);
  assert.equal(peer.notification, undefined);
});
