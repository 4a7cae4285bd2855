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
}

/** A server that cannot change ACLs, and a request that it has refused because of that. */
async function scene(t: TestContext): Promise<Scene> {
  const clock = new FakeClock();
  const client = (await Ledger.open(folder(t))).client({ address: 'coaps://x.example', cuid: 'c', source: 'derived' });
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
  later.plan(planned);
  return { clock, client, sent, failed: planned, later, outcome, recover: () => void (canChange = true) };
}

const words = (request: FailedRequest, outcome: ControlOutcome): string =>
  eventWords({ type: 'filter-control', request, outcome }, { server: 'x.example', cuid: 'c' }) ?? '';

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
  await clock.advance(3_600_000);
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

test('where the session ends, nothing is sent', async (t) => {
  const { clock, sent, later } = await scene(t);
  later.stop();
  await clock.advance(3_600_000);
  assert.deepEqual([sent.length, later.isPending, clock.pending], [2, false, 0]);
});
