import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { FlowspecRule } from '#dots/flowspec/bgp/rule';
import { encodeAnnouncements, encodeWithdrawals } from '#dots/flowspec/bgp/update';
import { needTool } from '../support/tools';
import { vectors, type Vector } from '../support/flowspec/rules';
import { ruleOf, rulesOfDocuments } from '../support/judges/rules';
import { removeFolder } from '../support/removeFolder';

/** What tshark says about each message, one text for each. */
function dissected(messages: readonly string[]): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'tshark-'));
  try {
    const [dump, capture] = [join(folder, 'dump.txt'), join(folder, 'dump.pcap')];
    writeFileSync(dump, messages.map((hex) => `000000 ${(hex.match(/../g) ?? []).join(' ')}\n`).join('\n'));
    // Behind port 179, so that tshark takes it for BGP.
    const made = spawnSync('text2pcap', ['-q', '-T', '179,50000', '-4', '127.0.0.1,127.0.0.2', dump, capture], {
      encoding: 'utf8',
    });
    assert.equal(made.status, 0, made.stderr);
    return spawnSync('tshark', ['-r', capture, '-O', 'bgp'], { encoding: 'utf8', maxBuffer: 1 << 26 })
      .stdout.split(/^Frame /m)
      .slice(1);
  } finally {
    removeFolder(folder);
  }
}

/**
 * What tshark 4.0.17 calls malformed although it is not: an offset as RFC 8956 section 3.1 has it, and the component
 * after which it stops reading (flow label).
 */
const knownBugs = ['v6-dst-offset-64', 'v6-flow-label-eq', 'v6-flow-label-small'];

test('tshark reads the UPDATE messages made here as the vectors say', (t) => {
  if (!needTool(t, 'tshark', 'tshark')) return;
  const list = vectors(t).filter(({ name }) => !knownBugs.includes(name)) as (Vector & { tshark_filters: string[] })[];
  const texts = dissected(list.map((vector) => encodeAnnouncements([ruleOf(vector)])[0] ?? ''));
  assert.equal(texts.length, list.length);
  for (const [index, { name, tshark_filters: filters }] of list.entries()) {
    assert.doesNotMatch(texts[index] ?? '', /malformed/i, name);
    // tshark cuts long lines, here and there at another place.
    for (const filter of filters) assert.ok(texts[index]?.includes(filter.slice(0, 100)), `${name}: ${filter}`);
  }
});

test('tshark finds every rule of an announcement and of a withdrawal of many', (t) => {
  if (!needTool(t, 'tshark', 'tshark')) return;
  const rules: FlowspecRule[] = rulesOfDocuments({ kind: 'discard' }).filter(({ components }) =>
    components.every(({ type }) => type !== 13),
  );
  for (const messages of [encodeAnnouncements(rules), encodeWithdrawals(rules)]) {
    const text = dissected(messages).join('');
    assert.doesNotMatch(text, /malformed/i);
    assert.equal(text.match(/Filter: Destination prefix filter/g)?.length, rules.length);
  }
});
