import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { chosenCuid } from '#dots/signal/cuids';
import { cuidOf, cuidOnPlainPath } from '#dots/signal/identifiers';
import { emptyLedger, sending, type ClientLedger } from '#dots/signal/ledger';
import { begin } from '#dots/signal/ledgerBegin';
import { mitigationOf } from '../../support/ledgerScene';

const now = Date.UTC(2030, 0, 1);
const ledgerOf = (cuid: string, more: Partial<ClientLedger> = {}): ClientLedger => ({
  ...emptyLedger({ server: 'dots.example.net:4646', address: 'dots.example.net', cuid, source: 'derived' }),
  ...more,
});

/** The same where a mitigation runs that was sent by a profile. */
function running(ledger: ClientLedger, profile: string): ClientLedger {
  const begun = begin(ledger, mitigationOf('a.example.net', { profile }), now);
  return sending(begun.ledger, begun.entry, now);
}

test('the cuid of a pre-shared key follows from its identity (RFC 9132 section 4.4.1.1)', () => {
  const expected = createHash('sha256').update('edge-1').digest().subarray(0, 16).toString('base64url');
  assert.equal(cuidOf({ psk: { identity: 'edge-1', key: new Uint8Array(16) } }), expected);
  assert.match(expected, /^[\w-]{22}$/);
  assert.equal(cuidOf({ certificate: { ca: '', cert: 'no certificate', key: '' } }), undefined);
  assert.equal(cuidOnPlainPath(), cuidOnPlainPath());
});

test('the derived cuid is used, or the one that was generated when the server refused it', () => {
  assert.deepEqual(chosenCuid([], 'd', undefined), { cuid: 'd', source: 'derived' });
  const ledgers = [ledgerOf('d', { replacedBy: 'e' }), ledgerOf('e', { replacedBy: 'f' }), ledgerOf('f')];
  assert.deepEqual(chosenCuid(ledgers, 'd', undefined), { cuid: 'f', source: 'generated' });
  assert.equal(chosenCuid([ledgerOf('d', { replacedBy: 'd' })], 'd', undefined).cuid, 'd');
});

test('with a new key the cuid stays while mitigations of the same profile run under the old one', () => {
  const old = running(ledgerOf('old'), 'lab');
  assert.equal(chosenCuid([old], 'new', 'lab').cuid, 'old');
  assert.equal(chosenCuid([old], 'new', 'other').cuid, 'new');
  assert.equal(chosenCuid([{ ...old, source: 'configured' }], 'new', 'lab').cuid, 'new');
});
