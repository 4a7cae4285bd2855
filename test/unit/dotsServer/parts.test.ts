import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { DotsError } from '#dots/model/errors';
import { sameContent } from '#dots/dotsServer/state/equality';
import { requested, type Mitigation } from '#dots/dotsServer/state/lifecycle';
import { Mitigations } from '#dots/dotsServer/state/mitigations';
import { sharedTargets } from '#dots/dotsServer/signal/overlap';
import { defaultTiming } from '#dots/dotsServer/state/policy';
import { parametersOf, resourceNameOf } from '#dots/dotsServer/signal/routing';
import { Refusal } from '#dots/dotsServer/signal/refusal';
import { folderStore, memoryStore, type Store } from '#dots/dotsServer/state/store';
import { FakeClock } from '../../support/protocol/fakeClock';

const prefixes = (...list: string[]) => ({ 'target-prefix': list });

const overlaps: [
  string,
  ReturnType<typeof prefixes> | Record<string, string[]>,
  Record<string, string[]>,
  Record<string, string[]> | undefined,
][] = [
  ['equal prefixes', prefixes('192.0.2.0/24'), prefixes('192.0.2.0/24'), prefixes('192.0.2.0/24')],
  [
    'a prefix inside another',
    prefixes('192.0.2.1/32', '198.51.100.1/32'),
    prefixes('192.0.2.0/24'),
    prefixes('192.0.2.1/32'),
  ],
  ['a prefix around another', prefixes('2001:db8::/32'), prefixes('2001:db8:1::1/128'), prefixes('2001:db8::/32')],
  ['neighbours', prefixes('192.0.2.0/25'), prefixes('192.0.2.128/25'), undefined],
  ['families', prefixes('0.0.0.0/0'), prefixes('::/0'), undefined],
  [
    'names in any case',
    { 'target-fqdn': ['WWW.example.com'] },
    { 'target-fqdn': ['www.example.com'] },
    { 'target-fqdn': ['WWW.example.com'] },
  ],
  [
    'URIs',
    { 'target-uri': ['https://example.com/'] },
    { 'target-uri': ['https://example.com/', 'x:y'] },
    { 'target-uri': ['https://example.com/'] },
  ],
  ['aliases', { 'alias-name': ['web'] }, { 'alias-name': ['web'] }, { 'alias-name': ['web'] }],
  [
    'ports alone',
    { ...prefixes('192.0.2.0/24'), 'target-protocol': ['6'] },
    { ...prefixes('198.51.100.0/24'), 'target-protocol': ['6'] },
    undefined,
  ],
];
for (const [what, one, other, shared] of overlaps) {
  test(`overlap by ${what}`, () => assert.deepEqual(sharedTargets(one, other), shared));
}

test('two thousand prefixes are compared in linear time', () => {
  const many = (third: number): string[] =>
    Array.from({ length: 2000 }, (_, index) => `10.${third}.${index >> 8}.${index & 255}/32`);
  assert.equal(sharedTargets(prefixes(...many(1)), prefixes(...many(2))), undefined);
  assert.equal(sharedTargets(prefixes(...many(1)), prefixes('10.1.0.0/16'))?.['target-prefix'] !== undefined, true);
});

test('scopes are the same whatever their order', () => {
  assert.ok(
    sameContent(
      { a: [1, 2], b: { c: 'x', d: [{ e: 1 }, { f: 2 }] } },
      { b: { d: [{ f: 2 }, { e: 1 }], c: 'x' }, a: [2, 1] },
    ),
  );
  assert.ok(!sameContent({ a: [1] }, { a: [1, 2] }));
  assert.ok(
    sameContent(
      { 'target-prefix': ['2001:db8::/32'], 'target-port-range': [{ 'lower-port': 80 }] },
      { 'target-prefix': ['2001:DB8::1/32'], 'target-port-range': [{ 'lower-port': 80, 'upper-port': 80 }] },
    ),
  );
  assert.ok(!sameContent({ 'target-prefix': ['2001:db8::/32'] }, { 'target-prefix': ['2001:db8::/33'] }));
  assert.ok(!sameContent({ a: '1' }, { a: 1 }));
});

test('paths name resources', () => {
  assert.equal(resourceNameOf(['.well-known', 'dots', 'mitigate']), 'mitigate');
  assert.equal(resourceNameOf(['.well-known', 'dots', 'constructor']), undefined);
  assert.equal(resourceNameOf(['.well-known', 'core']), undefined);
  assert.deepEqual(parametersOf('mitigate', ['.well-known', 'dots', 'mitigate', 'cdid=x', 'cuid=a=b', 'mid=1']), {
    cdid: 'x',
    cuid: 'a=b',
    mid: '1',
  });
});

for (const segments of [
  ['mid=1', 'cuid=c'],
  ['cuid='],
  ['cuid=c', 'cuid=c'],
  ['cuid'],
  ['cuid=c', 'sid=1'],
  ['cuid=c', 'mid=1', 'x=y'],
  [''],
]) {
  test(`the path .../mitigate/${segments.join('/')} is refused`, () => {
    assert.throws(
      () => parametersOf('mitigate', ['.well-known', 'dots', 'mitigate', ...segments]),
      (error: unknown) => error instanceof Refusal && error.answer.code === '4.00',
    );
  });
}

function mitigation(mid: number, now: number): Mitigation {
  return requested({ cuid: 'c', mid, scope: prefixes('192.0.2.0/24'), terminatingMs: 120_000 }, 3600, now);
}

async function folder(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'dots-state-'));
}

test('what was committed comes back, older by the time that has passed', async () => {
  const clock = new FakeClock();
  const path = await folder();
  const first = await Mitigations.open(await folderStore(join(path, 'deep', 'er')), clock, defaultTiming);
  await first.commit({ put: [mitigation(1, clock.now()), mitigation(2, clock.now())] });
  await first.commit({ remove: [mitigation(1, clock.now())] });
  await first.close();
  assert.equal(clock.pending, 0);
  await clock.advance(100_000);
  const second = await Mitigations.open(await folderStore(join(path, 'deep', 'er')), clock, defaultTiming);
  assert.deepEqual(
    second.all().map(({ mid, status }) => [mid, status]),
    [[2, 2]],
  );
  await second.close();
  assert.deepEqual((await readdir(join(path, 'deep', 'er'))).sort(), ['.gitignore', 'mitigations.json']);
  await rm(path, { recursive: true });
});

test('a state that cannot be read stops the start with a sentence', async () => {
  const path = await folder();
  for (const text of ['{', '[]', '{"version":1,"mitigations":[{"cuid":"c"}]}', '{"version":2,"mitigations":[]}']) {
    await writeFile(join(path, 'mitigations.json'), text);
    await assert.rejects(
      Mitigations.open(await folderStore(path), new FakeClock(), defaultTiming),
      (error: unknown) => error instanceof DotsError && error.code === 'orchestrator/state-unreadable',
    );
  }
  await assert.rejects(
    folderStore(join(path, 'mitigations.json')),
    (error: unknown) => error instanceof DotsError && error.code === 'orchestrator/state-folder',
  );
  await rm(path, { recursive: true });
});

test('what cannot be kept does not happen', async () => {
  const clock = new FakeClock();
  const full: Store = {
    read: memoryStore.read,
    write: () => Promise.reject(new DotsError('usage', 'test/full', 'The disk is full.')),
  };
  const mitigations = await Mitigations.open(full, clock, defaultTiming);
  await assert.rejects(mitigations.commit({ put: [mitigation(1, clock.now())] }));
  assert.deepEqual(mitigations.all(), []);
  await mitigations.close();
});

test('changes come by themselves, and the timer ends with the last mitigation', async () => {
  const clock = new FakeClock();
  const mitigations = await Mitigations.open(memoryStore, clock, defaultTiming);
  const heard: number[] = [];
  mitigations.onDidChange((changed) => heard.push(...changed.map(({ status }) => status)));
  await mitigations.commit({ put: [mitigation(1, clock.now())] });
  await clock.advance(4_000_000);
  assert.deepEqual(heard, [1, 2, 3, 6, 6]);
  assert.deepEqual(mitigations.all(), []);
  assert.equal(clock.pending, 0);
  await mitigations.close();
});

test('a lifetime longer than a timer can count still ends', async () => {
  const clock = new FakeClock();
  const mitigations = await Mitigations.open(memoryStore, clock, defaultTiming);
  const long = requested({ cuid: 'c', mid: 1, scope: {}, terminatingMs: 1 }, 0xffff_ffff, clock.now());
  await mitigations.commit({ put: [{ ...long, status: 3 }] });
  await clock.advance(0xffff_ffff * 1000 + 10_000);
  assert.deepEqual(mitigations.all(), []);
  await mitigations.close();
});
