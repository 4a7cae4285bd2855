import assert from 'node:assert/strict';
import { test } from 'node:test';
import { answered, emptyLedger, sending, type ClientLedger } from '#dots/signal/ledger';
import { begin } from '#dots/signal/ledgerBegin';
import { deleted, listedIds } from '#dots/signal/ledgerLists';

const now = Date.UTC(2030, 0, 1);

/** A ledger with telemetry of these numbers: even ones are accepted, odd ones without an answer. */
function ledgerWith(...ids: number[]): ClientLedger {
  let ledger = emptyLedger({ server: 'x:1', cuid: 'c', address: 'coap://127.0.0.1:1', source: 'derived' });
  for (const id of ids) {
    const document = { 'ietf-dots-telemetry:telemetry': { id } };
    const begun = begin(ledger, { kind: 'telemetry', parameter: 'tmid', id, document, file: null, profile: null }, now);
    ledger = sending(begun.ledger, begun.entry, now);
    if (id % 2 === 0) ledger = answered(ledger, begun.entry, { code: '2.04', ok: true }, now);
  }
  return ledger;
}

const states = ({ entries }: ClientLedger): string[] => entries.map(({ id, state }) => `${id} ${state}`);

test('a list resolves what had no answer, ends what is missing, and raises the highest number', () => {
  const ledger = listedIds(ledgerWith(1, 2, 3, 4), 'tmid', new Set([1, 2, 9]), true, now);
  assert.deepEqual(states(ledger), ['1 accepted', '2 accepted', '3 ended', '4 ended']);
  assert.equal(ledger.highest.tmid, 9);
});

test('a list that is not whole ends nothing, another kind is not touched, and numbers from the rollover on do not count', () => {
  const before = ledgerWith(2, 3);
  assert.deepEqual(states(listedIds(before, 'tmid', new Set(), false, now)), ['2 accepted', '3 unanswered']);
  const other = listedIds(before, 'tsid', new Set([4_000_000_000]), true, now);
  assert.deepEqual(states(other), states(before));
  assert.deepEqual(other.highest, before.highest);
});

test('what was deleted is withdrawn: one number, or all of one kind', () => {
  assert.deepEqual(states(deleted(ledgerWith(2, 4), 'tmid', 2, '2.02', now)), ['2 withdrawn', '4 accepted']);
  assert.deepEqual(states(deleted(ledgerWith(2, 3), 'tmid', undefined, '2.02', now)), ['2 withdrawn', '3 withdrawn']);
  assert.deepEqual(states(deleted(ledgerWith(2), 'tsid', undefined, '2.02', now)), ['2 accepted']);
});
