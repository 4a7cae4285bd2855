import assert from 'node:assert/strict';
import { test } from 'node:test';
import { effectWords, plannedRequest } from '#dots/dotsClient/plannedRequest';
import type { JsonObject } from '#dots/model/json';
import { answered, begin, emptyLedger, type ClientLedger } from '#dots/signal/ledger';
import { withScopes } from '#dots/signal/scopes';

const request = (lifetime: number, ...prefixes: string[]): JsonObject =>
  withScopes([{ 'target-prefix': prefixes, lifetime }]);
const sending = { server: 'coaps://192.0.2.1:4646', cuid: 'c', file: null };

/** A ledger in which a request runs. */
function running(document: JsonObject): { ledger: ClientLedger; mid: number } {
  const empty = emptyLedger({ server: '192.0.2.1:4646', cuid: 'c', address: sending.server, source: 'derived' });
  const asked = { kind: 'mitigation-scope', parameter: 'mid', document, file: null, profile: null } as const;
  const { ledger, entry } = begin(empty, asked, 1000);
  return { ledger: answered(ledger, entry, { code: '2.01', ok: true, lifetime: 3600 }, 1000), mid: entry.id };
}

test('the same content with another lifetime refreshes what runs', () => {
  const { ledger, mid } = running(request(3600, '192.0.2.0/24'));
  const planned = plannedRequest(ledger, request(7200, '192.0.2.0/24'), sending, 2000);
  assert.deepEqual([planned.refreshes, planned.replaces, planned.identifier?.value], [true, [], mid]);
  assert.equal(effectWords(planned, mid), `Sending refreshes mid ${mid}: its lifetime starts again.`);
});

test('a request that overlaps what runs replaces it; any other one leaves it as it is', () => {
  const { ledger, mid } = running(request(3600, '192.0.2.0/24'));
  const wider = plannedRequest(ledger, request(3600, '192.0.2.0/24', '203.0.113.0/24'), sending, 2000);
  assert.deepEqual(
    wider.replaces.map((each) => each.mid),
    [mid],
  );
  assert.match(
    effectWords(wider, mid),
    new RegExp(`^Sending replaces mid ${mid} by mid ${mid + 1}: .* start again\\.$`),
  );
  const other = plannedRequest(ledger, request(3600, '203.0.113.0/24'), sending, 2000);
  assert.equal(effectWords(other, mid), `Sending starts mid ${mid + 1}; mid ${mid} goes on until you withdraw it.`);
});

test('planning enters nothing in the ledger', () => {
  const { ledger } = running(request(3600, '192.0.2.0/24'));
  const before = JSON.stringify(ledger);
  plannedRequest(ledger, request(60, '192.0.2.0/25'), sending, 2000);
  assert.equal(JSON.stringify(ledger), before);
});
