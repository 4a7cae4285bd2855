import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { root } from '../../support/shared';
import { removeFolder } from '../../support/removeFolder';

interface Words {
  names(typed: string, path: string): boolean;
}
interface Affected {
  affected(tests: string[], changed: string[]): string[];
  needBuild(tests: string[]): boolean;
}
interface Watch {
  atEveryChange(paths: string[], work: (changed?: string[]) => Promise<boolean>): Promise<void>;
}

const load = async <T>(path: string): Promise<T> => (await import(pathToFileURL(join(root, path)).href)) as T;

test('words name a test file where each begins a word of its path, in the same order', async () => {
  const { names } = await load<Words>('scripts/test/words.mjs');
  const acl = 'test/unit/flowspec/documents/acl.test.ts';
  for (const typed of ['flowspec-acl', 'unit-flow-doc-acl', 'ACL', acl, 'flowspec/documents'])
    assert.ok(names(typed, acl), typed);
  for (const typed of ['acl-flowspec', 'spec-acl', 'flowspec-acls', 'cl']) assert.ok(!names(typed, acl), typed);
  const race = 'test/unit/transport/connect/raceConnections.test.ts';
  for (const typed of ['connections', 'raceConnections', 'connect-race', 'race-conn'])
    assert.ok(names(typed, race), typed);
  assert.ok(!names('race', 'test/unit/coap/trace.test.ts'));
});

test('a change affects the tests that import it, or name it, or its folder, or what is built of it', async () => {
  const { affected } = await load<Affected>('scripts/test/affected.mjs');
  const acl = 'test/unit/flowspec/documents/acl.test.ts';
  const prefix = 'test/unit/model/prefix.test.ts';
  const session = 'test/cli/session.test.ts';
  const packing = 'test/unit/scripts/package.test.ts';
  const dtls = 'test/protocol/transport/dtls/dtls.test.ts';
  const examples = 'test/unit/check/accept.test.ts';
  const all = [acl, prefix, session, packing, dtls, examples];
  const cases: [changed: string, tests: string[], spared: string[]][] = [
    [acl, [acl], [prefix, session, packing, dtls, examples]],
    ['dots/src/flowspec/documents/acl.ts', [acl, session, packing], [prefix, examples]],
    ['scripts/lib/zip.mjs', [packing], [acl, prefix, session, dtls, examples]],
    ['cli/src/main.ts', [session, packing], [acl, prefix, dtls, examples]],
    ['dots/mbedtls/dots.h', [session, packing, dtls], [acl, prefix, examples]],
    ['examples/aliases.dots.json', [examples], [acl, prefix]],
    ['examples/a new one.dots.json', [examples], [acl, prefix]],
    ['schemas/generated/acls.json', [acl, session, packing, examples], [prefix]],
    ['SECURITY.md', [], all],
    ['package-lock.json', all, []],
  ];
  for (const [changed, tests, spared] of cases) {
    const found = affected(all, [changed]);
    for (const each of tests) assert.ok(found.includes(each), `${changed} affects ${each}`);
    for (const each of spared) assert.ok(!found.includes(each), `${changed} does not affect ${each}`);
  }
});

test('only tests that name what the build makes wait for a build', async () => {
  const { needBuild } = await load<Affected>('scripts/test/affected.mjs');
  for (const test of ['cli/session', 'unit/scripts/package', 'protocol/transport/dtls/dtls'])
    assert.ok(needBuild([`test/${test}.test.ts`]), test);
  for (const test of ['unit/flowspec/documents/acl', 'unit/model/prefix'])
    assert.ok(!needBuild([`test/${test}.test.ts`]), test);
});

test('a watch does its work at once and after each change, and says what has changed', async (t) => {
  const { atEveryChange } = await load<Watch>('scripts/lib/watch.mjs');
  const folder = mkdtempSync(join(tmpdir(), 'dots-watch-'));
  t.after(() => removeFolder(folder));
  t.mock.method(process.stderr, 'write', () => true);
  const path = relative(root, folder);
  const steps = [
    () => writeFileSync(join(folder, 'a'), 'new'),
    () => writeFileSync(join(folder, 'a'), 'longer than before'),
    () => rmSync(join(folder, 'a')),
  ];
  const seen: (string[] | undefined)[] = [];
  await atEveryChange([path], (changed) => {
    seen.push(changed);
    steps.shift()?.();
    return Promise.resolve(seen.length === 4);
  });
  assert.deepEqual(seen, [undefined, [join(path, 'a')], [join(path, 'a')], [join(path, 'a')]]);
});
