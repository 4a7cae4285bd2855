import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { isObject, itemsOf } from '#dots/model/json';
import type { Answer, SignalSession } from '#dots/signal/session';
import { eventWords } from '#dots/signal/keeper/eventWords';
import { LaterFilterControl, type ControlOutcome, type FailedRequest } from '#dots/signal/keeper/laterFilterControl';
import { Ledger, type LedgerOfClient } from '#dots/signal/ledgerFolder';
import { sendRecorded, type Ask } from '#dots/signal/recordedRequest';
import { scopesOf } from '#dots/signal/scopes';
import { folder } from '../../../support/dots';
import { documentFor, mitigationOf } from '../../../support/ledgerScene';
import { FakeClock } from '../../../support/protocol/fakeClock';

const aclList = 'ietf-dots-signal-control:acl-list';
const document = documentFor('a.example.net', {
  [aclList]: [{ 'acl-name': 'an-accept-list', 'activation-type': 'deactivate' }],
});

interface Scene {
  clock: FakeClock;
  client: LedgerOfClient;
  /** The mid and the number of ACLs of each request that was sent. */
  sent: [mid: number, acls: number][];
  failed: FailedRequest;
  /** From now on the server can change the ACLs. */
  recover(): void;
  later: LaterFilterControl;
  outcome: Promise<ControlOutcome>;
  /** That of the next process. */
  restarted(): [LaterFilterControl, Promise<ControlOutcome>];
}

/** A server that cannot change ACLs, and a request that it has refused because of that. */
async function scene(t: TestContext): Promise<Scene> {
  const clock = new FakeClock();
  const ledger = await Ledger.open(folder(t), undefined, clock);
  const client = ledger.client({ address: 'coaps://x.example', cuid: 'c', source: 'derived' });
  const sent: Scene['sent'] = [];
  let canChange = false;
  const session = {
    send: (body: typeof document, { mid, left }: { mid: number; left(): void }) => {
      left();
      const acls = scopesOf(body).flatMap((scope) => itemsOf(scope[aclList]).filter(isObject));
      sent.push([mid, acls.length]);
      const isRefused = acls.length > 0 && !canChange;
      const request = { method: 'PUT', path: `mitigate/cuid=c/mid=${mid}` };
      return Promise.resolve({
        ...{ ok: !isRefused, code: isRefused ? '5.03' : '2.01', maxAge: 90, request },
        ...(isRefused && { body }),
      } as unknown as Answer);
    },
  } as unknown as SignalSession;
  const ask: Ask = async (asking) => ({ session, answer: await asking(session, {}) });
  let report: (outcome: ControlOutcome) => void = () => undefined;
  const outcome = new Promise<ControlOutcome>((resolve) => (report = resolve));
  const later = new LaterFilterControl({ clock, ask, report: (_, what) => report(what) });
  const request = mitigationOf('a.example.net', { document });
  const { failed, entry } = await sendRecorded({ client, request, ask });
  assert.ok(failed);
  const planned = { client, request, failed, entry };
  await later.plan(planned);
  const restarted = (): [LaterFilterControl, Promise<ControlOutcome>] => {
    let tell: typeof report = () => undefined;
    const after = new Promise<ControlOutcome>((resolve) => (tell = resolve));
    return [new LaterFilterControl({ clock, ask, report: (_, what) => tell(what) }), after];
  };
  return { clock, client, sent, failed: planned, later, outcome, restarted, recover: () => void (canChange = true) };
}

const words = ({ client, permit, entry, failed }: FailedRequest, outcome: ControlOutcome): string => {
  const control = { client, permit, mid: entry.id, acls: failed.acls, dueAt: '' };
  return eventWords({ type: 'filter-control', control, outcome }, { server: 'x.example', cuid: 'c' }) ?? '';
};

test('after Max-Age the request is sent again with its ACLs under a new mid, which is in the ledger', async (t) => {
  const { clock, client, sent, failed, recover, outcome, later } = await scene(t);
  recover();
  await clock.advance(89_999);
  assert.deepEqual([sent.map(([, acls]) => acls), later.isPending], [[1, 0], true]);
  await clock.advance(1);
  const result = await outcome;
  assert.deepEqual(
    sent.map(([, acls]) => acls),
    [1, 0, 1],
  );
  assert.ok(sent[2]![0] > sent[1]![0]);
  assert.match(words(failed, result), /again with the ACLs an-accept-list .* as mid \d+: 2\.01\. It replaces mid \d+/);
  const entry = (await client.read()).entries.find(({ id }) => id === sent[2]![0]);
  assert.equal(entry?.state, 'accepted');
});

test('it is sent once: refused again, the mitigation continues without a change of the ACLs', async (t) => {
  const { clock, client, sent, failed, outcome, later } = await scene(t);
  await clock.advance(90_000);
  const result = await outcome;
  assert.match(words(failed, result), /refused: 5\.03 .*Mid \d+ continues without a change of the ACLs/);
  await clock.advance(600_000);
  assert.deepEqual([sent.length, later.isPending, clock.pending], [3, false, 0]);
  const states = (await client.read()).entries.map(({ id, state }) => [id, state]);
  assert.deepEqual(Object.fromEntries(states)[sent[1]![0]], 'accepted');
});

test('where the mitigation was withdrawn meanwhile, nothing is sent', async (t) => {
  const { clock, client, sent, failed, outcome } = await scene(t);
  await client.withdrawn(failed.entry.id, '2.02');
  await clock.advance(90_000);
  assert.match(words(failed, await outcome), /has ended, so the request .* was not sent again/);
  assert.equal(sent.length, 2);
});

test('where the session ends, nothing is sent, and it stays in the ledger', async (t) => {
  const { clock, client, sent, later, failed } = await scene(t);
  later.stop();
  await clock.advance(600_000);
  assert.deepEqual([sent.length, later.isPending, clock.pending], [2, false, 0]);
  const { controls } = await client.read();
  assert.deepEqual(
    controls?.map(({ mid, acls }) => [mid, acls]),
    [[failed.entry.id, ['an-accept-list']]],
  );
});

test('the next process takes it up: at its time, or at once where that is over', async (t) => {
  for (const [passed, left] of [
    [30_000, 60_000],
    [600_000, 0],
  ] as const) {
    const { clock, client, sent, later, recover, restarted } = await scene(t);
    later.stop();
    await clock.advance(passed);
    recover();
    const [next, outcome] = restarted();
    await next.takeUp({ client, permit: undefined });
    assert.equal(next.pending.length, 1);
    if (left > 0) await clock.advance(left - 1);
    assert.equal(sent.length, 2);
    await clock.advance(1);
    assert.ok('recorded' in ((await outcome) as object));
    assert.deepEqual([sent.length, sent[2]?.[1], (await client.read()).controls], [3, 1, undefined]);
  }
});

test('two processes that wait for it send it once', async (t) => {
  const { clock, client, sent, recover, outcome, restarted } = await scene(t);
  recover();
  const [other] = restarted();
  await other.takeUp({ client, permit: undefined });
  await clock.advance(90_000);
  await outcome;
  assert.equal(sent.length, 3);
});

test('another request instead of the mitigation cancels it', async (t) => {
  const { client, failed, sent } = await scene(t);
  const { entry } = await client.begin(mitigationOf('a.example.net', { id: failed.entry.id + 9 }));
  await client.sending(entry);
  await client.answered(entry, { code: '2.01', ok: true });
  assert.equal((await client.read()).controls, undefined);
  assert.equal(sent.length, 2);
});
