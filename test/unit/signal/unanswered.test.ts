import assert from 'node:assert/strict';
import { test } from 'node:test';
import { answered, emptyLedger, sending } from '#dots/signal/ledger';
import { begin } from '#dots/signal/ledgerBegin';
import { reported, type Report } from '#dots/signal/ledgerReport';
import type { LedgerOfClient } from '#dots/signal/ledgerFolder';
import type { Ask } from '#dots/signal/recordedRequest';
import { resolveUnanswered } from '#dots/signal/unanswered';
import { mitigationOf } from '../../support/ledgerScene';
import { FakeClock } from '../../support/protocol/fakeClock';

/** A client that has sent two requests without an answer, the second one a minute later; its server has mid 1. */
function scene(): { client: LedgerOfClient; clock: FakeClock; ask: Ask; asked: () => number } {
  const clock = new FakeClock();
  let ledger = emptyLedger({ server: 'x:1', cuid: 'one', address: 'coap://127.0.0.1:1', source: 'derived' });
  for (const id of [1, 2, 3]) {
    const begun = begin(ledger, mitigationOf(`n${id}.example.net`, { id }), clock.now());
    ledger = sending(begun.ledger, begun.entry, clock.now());
    if (id === 2) clock.set(clock.now() + 60_000);
    if (id === 3) ledger = answered(ledger, begun.entry, { code: '2.01', ok: true }, clock.now());
  }
  let count = 0;
  const scope = [1, 3].map((mid) => ({ mid, status: 'attack-successfully-mitigated', lifetime: 3000 }));
  const answer = { ok: true, code: '2.05', body: { 'ietf-dots-signal-channel:mitigation-scope': { scope } } };
  const client = {
    read: () => Promise.resolve(ledger),
    reported: (report: Report) => {
      const result = reported(ledger, report, clock.now());
      ledger = result.ledger;
      return Promise.resolve(result);
    },
  };
  const ask = (): Promise<unknown> => Promise.resolve(((count += 1), { session: {}, answer }));
  return { client: client as unknown as LedgerOfClient, clock, ask: ask as unknown as Ask, asked: () => count };
}

test('requests that are older than the time-out are resolved with one question', async () => {
  const { client, clock, ask, asked } = scene();
  const sentences = await resolveUnanswered(client, ask, { timeoutMs: 10_000, clock });
  assert.deepEqual(
    sentences.map((sentence) => sentence.replace(/ had no answer before/, '').slice(0, 35)),
    ['Mid 1: the server has it.', 'Mid 2: the server does not have it,'],
  );
  assert.deepEqual(await resolveUnanswered(client, ask, { timeoutMs: 10_000, clock }), []);
  assert.equal(asked(), 1);
});

test('requests that may be under way are left alone; with a time-out without end those of the last minute', async () => {
  for (const [age, timeoutMs] of [
    [5_000, 10_000],
    [30_000, Infinity],
  ] as const) {
    const { client, clock, ask, asked } = scene();
    clock.set(clock.now() - 60_000 + age);
    assert.deepEqual(await resolveUnanswered(client, ask, { timeoutMs, clock }), []);
    assert.equal(asked(), 0);
  }
});
