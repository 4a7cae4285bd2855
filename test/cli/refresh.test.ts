import assert from 'node:assert/strict';
import { once } from 'node:events';
import { join } from 'node:path';
import { test } from 'node:test';
import { textsOf } from '#dots/coap/messages/options';
import { Ledger } from '#dots/signal/ledgerFolder';
import { answered, emptyLedger, sending, settled } from '#dots/signal/ledger';
import { begin } from '#dots/signal/ledgerBegin';
import { keepRefreshed } from '../../cli/src/commands/keepRefreshed';
import type { ClientTarget, Selection } from '../../cli/src/mitigationTargets';
import { peer } from '../support/coapPeer';
import { dots, folder, request, startMock } from '../support/dots';
import { mitigationOf } from '../support/ledgerScene';
import { FakeClock } from '../support/protocol/fakeClock';
import { runHere } from '../support/runHere';

const other = request.replace('192.0.2.0/24', '203.0.113.0/24');

test('a refusal of one mitigation does not keep the others from being refreshed', async (t) => {
  const seen = new Set<string>();
  const { server } = await peer(t, ({ options }) => {
    const mid = textsOf(options, 'Uri-Path').at(-1) ?? '';
    const isAgain = seen.has(mid);
    seen.add(mid);
    if (!isAgain) return { code: '2.01' };
    return { code: mid === 'mid=1' ? '4.03' : '2.04' };
  });
  const path = folder(t, { 'a.dots.json': request, 'b.dots.json': other });
  const own = ['--server', server, '--cuid', 'one', '--ledger', join(path, 'ledger')];
  for (const [mid, file] of ['a.dots.json', 'b.dots.json'].entries())
    assert.equal((await runHere(['send', join(path, file), '--mid', String(mid + 1), ...own])).status, 0);
  const { status, out } = await runHere(['refresh', '--all', ...own, '--format', 'json']);
  assert.equal(status, 1);
  const [{ mitigations, remarks, code }] = (JSON.parse(out) as { servers: [Report] }).servers;
  assert.deepEqual(
    mitigations.map((each) => [each.mid, each.code]),
    [
      [1, '4.03'],
      [2, '2.04'],
    ],
  );
  assert.equal(code, '4.03');
  assert.match(remarks.join(' '), /Mid 1 was not refreshed: 4\.03 Forbidden\./);
});

interface Report {
  mitigations: { mid: number; code: string }[];
  remarks: string[];
  code: string;
}

/** Mitigations that a server has granted for some seconds each, in a ledger of a fake time. */
function scene(...lifetimes: number[]): { clock: FakeClock; selection: Selection; grant: (mids: number[]) => void } {
  const clock = new FakeClock();
  let ledger = emptyLedger({ server: 'x:1', cuid: 'one', address: 'coap://127.0.0.1:1', source: 'derived' });
  const grant = (mids: number[]): void => {
    for (const id of mids) {
      const begun = begin(ledger, mitigationOf(`n${id}.example.net`, { id }), clock.now());
      const verdict = { code: '2.04', ok: true, lifetime: lifetimes[id - 1] };
      ledger = answered(sending(begun.ledger, begun.entry, clock.now()), begun.entry, verdict, clock.now());
    }
  };
  grant([...lifetimes.keys()].map((index) => index + 1));
  const client = { read: () => Promise.resolve(settled(ledger, clock.now())) };
  const each = { client, known: ledger } as unknown as ClientTarget;
  return { clock, grant, selection: { clients: [each], problems: [], named: false } };
}

test('with --keep each mitigation is refreshed at half of its lifetime, until the command is stopped', async () => {
  const { clock, selection, grant } = scene(100, 300, -1);
  const start = clock.now();
  const rounds: [seconds: number, mids: number[]][] = [];
  let stop: () => void = () => undefined;
  const kept = keepRefreshed(selection, {
    clock,
    over: () => assert.fail(),
    stopped: new Promise((resolve) => (stop = resolve)),
    refresh: ({ clients }) => {
      const mids = clients.flatMap((each) => each.mids ?? []);
      rounds.push([(clock.now() - start) / 1000, [...mids].sort()]);
      grant(mids);
      return Promise.resolve(0);
    },
  });
  await passing(clock, () => rounds.length >= 5);
  stop();
  assert.equal(await kept, 0);
  assert.deepEqual(rounds, [
    [0, [1, 2, 3]],
    [50, [1]],
    [100, [1]],
    [150, [1, 2]],
    [200, [1]],
  ]);
});

test('with --keep one that is not refreshed is tried again at half of what is left, and the command ends with it', async () => {
  const { clock, selection } = scene(100);
  const start = clock.now();
  const rounds: number[] = [];
  let isOver = false;
  const kept = keepRefreshed(selection, {
    clock,
    over: () => (isOver = true),
    stopped: new Promise(() => undefined),
    refresh: () => {
      rounds.push((clock.now() - start) / 1000);
      return Promise.resolve(3);
    },
  });
  await passing(clock, () => isOver);
  assert.equal(await kept, 3);
  assert.deepEqual(rounds, [0, 50, 75, 87.5, 97.5]);
});

/** Lets fake time pass in small steps until something is so, for an hour at most. */
async function passing(clock: FakeClock, until: () => boolean): Promise<void> {
  for (let step = 0; step < 7200 && !until(); step += 1) await clock.advance(500);
  assert.ok(until());
}

test('a mock that has ended is reported as such, and keeps no other server from being asked', async (t) => {
  const path = folder(t, { 'a.dots.json': request, 'b.dots.json': other });
  const run = (...words: string[]): ReturnType<typeof dots> =>
    dots([...words, '--ledger', join(path, 'ledger'), '--timeout', '1'], '', path);
  const [gone, kept] = [await startMock(t), await startMock(t)];
  assert.equal(run('send', 'a.dots.json', '--server', gone.signal).status, 0);
  assert.equal(run('send', 'b.dots.json', '--server', kept.signal).status, 0);
  gone.child.kill('SIGKILL');
  await once(gone.child, 'exit');
  const both = run('status');
  assert.equal(both.status, 0, both.out);
  assert.match(both.out, /The mock at 127\.0\.0\.1:\d+ is no longer running\./);
  assert.match(both.out, /203\.0\.113\.0\/24/);
  kept.child.kill('SIGKILL');
  await once(kept.child, 'exit');
  assert.equal(run('status').status, 3);
});

test('what ran on the mock of the profile "mock" does not count where another mitigation can be withdrawn', async (t) => {
  const path = folder(t, { 'a.dots.json': request, 'b.dots.json': other });
  const ledger = await Ledger.open(join(path, 'ledger'));
  const client = ledger.client({ address: 'coaps://127.0.0.1:9', cuid: 'one', source: 'derived' });
  const { entry } = await client.begin(mitigationOf('a.example.net', { profile: 'mock' }));
  await client.sending(entry);
  await client.answered(entry, { code: '2.01', ok: true, lifetime: 3600 });
  const run = (...words: string[]): ReturnType<typeof dots> => dots([...words, '--ledger', ledger.path], '', path);
  const alone = run('status');
  assert.deepEqual([alone.status, /The mock at 127\.0\.0\.1:9 is no longer running/.test(alone.out)], [3, true]);
  const { signal } = await startMock(t);
  assert.equal(run('send', 'b.dots.json', '--server', signal).status, 0);
  assert.equal(run('withdraw').status, 0);
});
