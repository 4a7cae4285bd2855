import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonObject } from '#dots/model/json';
import {
  answered,
  contentHash,
  emptyLedger,
  notSent,
  replacedBy,
  sending,
  settled,
  withdrawn,
  type ClientLedger,
  type LedgerEntry,
} from '#dots/signal/ledger';
import { begin } from '#dots/signal/ledgerBegin';
import { installedNow, withInstalled, withoutInstalled } from '#dots/signal/ledgerInstalled';
import { reported, type Report } from '#dots/signal/ledgerReport';
import { documentFor, mitigationOf } from '../../support/ledgerScene';

const start = Date.UTC(2030, 0, 1);
const day = 86_400_000;
const client = { server: 'dots.example.net:4646', cuid: 'c', address: 'dots.example.net', source: 'derived' } as const;
const listed = (...scope: JsonObject[]): Report => ({
  code: '2.05',
  body: { 'ietf-dots-signal-channel:mitigation-scope': { scope } },
});

/** A ledger that goes through steps, at a time that a test sets. */
class Scene {
  ledger: ClientLedger = emptyLedger(client);
  now = start;

  begin(name: string, id?: number): LedgerEntry {
    const { ledger, entry } = begin(this.ledger, mitigationOf(name, { id }), this.now);
    this.ledger = ledger;
    return entry;
  }

  send(entry: LedgerEntry): void {
    this.ledger = sending(this.ledger, entry, this.now);
  }

  answer(entry: LedgerEntry, code: string, lifetime?: number): void {
    this.ledger = answered(this.ledger, entry, { code, ok: code.startsWith('2'), lifetime }, this.now);
  }

  accepted(name: string, id?: number): LedgerEntry {
    const entry = this.begin(name, id);
    this.send(entry);
    this.answer(entry, '2.01', 3600);
    return entry;
  }

  states(): string[] {
    return settled(this.ledger, this.now).entries.map(({ id, state }) => `${id} ${state}`);
  }
}

test('the clock is where mids start; after that each is one more, also when the clock is set back', () => {
  const scene = new Scene();
  const first = scene.begin('a.example.net').id;
  assert.equal(first, start / 1000);
  scene.now -= 10 * day;
  assert.equal(scene.begin('b.example.net').id, first + 1);
  scene.now += 100 * day;
  assert.equal(scene.begin('c.example.net').id, first + 2);
});

test('a mid that the user names is used as it is, and the next one is above the highest', () => {
  const scene = new Scene();
  assert.deepEqual(
    [scene.begin('a', 12).id, scene.begin('b').id, scene.begin('c', 5).id, scene.begin('d').id],
    [12, 13, 5, 14],
  );
});

test('identical content of a running mitigation keeps its mid; other content, and what is over, gets a new one', () => {
  const scene = new Scene();
  const first = scene.accepted('a.example.net', 7);
  assert.equal(scene.begin('a.example.net').id, 7);
  assert.equal(scene.begin('b.example.net').id, 8);
  scene.ledger = withdrawn(scene.ledger, first.id, '2.02', scene.now);
  assert.equal(scene.begin('a.example.net').id, 9);
});

test('a refresh repeats all but the lifetime, and an efficacy update adds its attack-status', () => {
  const hash = contentHash(documentFor('a.example.net'));
  assert.equal(contentHash(documentFor('A.example.net.', { lifetime: 60 })), hash);
  assert.equal(contentHash(documentFor('a.example.net', { 'attack-status': 'under-attack' })), hash);
  assert.notEqual(contentHash(documentFor('a.example.net', { 'target-protocol': [17] })), hash);
});

test('a request goes from unsent to unanswered, and from there to what the server says', () => {
  const scene = new Scene();
  const entry = scene.begin('a.example.net', 1);
  assert.deepEqual(scene.states(), ['1 unsent']);
  scene.send(entry);
  assert.deepEqual(scene.states(), ['1 unanswered']);
  scene.ledger = notSent(scene.ledger, entry, entry);
  assert.deepEqual(scene.states(), ['1 unsent']);
  scene.send(entry);
  scene.answer(entry, '4.03');
  assert.deepEqual(scene.states(), ['1 refused']);
});

test('a refresh that is refused does not end the mitigation, and one that was not sent changes nothing', () => {
  const scene = new Scene();
  scene.accepted('a.example.net', 1);
  const again = scene.begin('a.example.net');
  scene.send(again);
  assert.deepEqual(scene.states(), ['1 unanswered']);
  scene.ledger = notSent(scene.ledger, again, again);
  assert.deepEqual(scene.states(), ['1 accepted']);
  scene.answer(again, '5.03');
  assert.deepEqual(scene.states(), ['1 accepted']);
});

test('what another process does while a refresh is under way stays', () => {
  const scene = new Scene();
  scene.accepted('a.example.net', 1);
  const again = scene.begin('a.example.net');
  scene.send(again);
  scene.ledger = withdrawn(scene.ledger, 1, '2.02', scene.now);
  scene.answer(again, '4.00');
  assert.deepEqual(scene.states(), ['1 withdrawn']);
  const unsent = scene.begin('b.example.net', 2);
  scene.send(unsent);
  scene.answer(unsent, '2.01', 3600);
  scene.ledger = notSent(scene.ledger, unsent, unsent);
  assert.deepEqual(scene.states(), ['1 withdrawn', '2 accepted']);
});

test('a mitigation ends with the lifetime that was granted, at once with 0, and never with -1', () => {
  const scene = new Scene();
  scene.accepted('a.example.net', 1);
  const none = scene.begin('b.example.net', 2);
  scene.answer(none, '2.01', 0);
  const endless = scene.begin('c.example.net', 3);
  scene.answer(endless, '2.01', -1);
  assert.deepEqual(scene.states(), ['1 accepted', '2 ended', '3 accepted']);
  scene.now += 3_600_000;
  assert.deepEqual(scene.states(), ['1 ended', '2 ended', '3 accepted']);
});

test('what is over is kept for 30 days', () => {
  const scene = new Scene();
  scene.accepted('a.example.net', 1);
  scene.now += 3_600_000 + 30 * day - 1;
  assert.deepEqual(scene.states(), ['1 ended']);
  scene.now += 1;
  assert.deepEqual(scene.states(), []);
  assert.equal(scene.begin('b.example.net').id, 2);
});

test('what the server lists resolves what is unanswered; what it does not list has ended', () => {
  const scene = new Scene();
  const arrived = scene.begin('a.example.net', 1);
  scene.send(arrived);
  const lost = scene.begin('b.example.net', 2);
  scene.send(lost);
  scene.accepted('c.example.net', 3);
  const { ledger, unknown, beyond } = reported(
    scene.ledger,
    listed(
      { mid: 1, status: 'attack-successfully-mitigated', lifetime: 10 },
      { mid: 3, status: 'attack-mitigation-terminated', lifetime: 0 },
      { mid: 9, status: 'attack-stopped', lifetime: 5 },
      { mid: 4_000_000_000, status: 'attack-stopped', lifetime: 5 },
    ),
    scene.now,
  );
  scene.ledger = ledger;
  assert.deepEqual(scene.states(), ['1 accepted', '2 ended', '3 ended']);
  assert.deepEqual([unknown, beyond, ledger.highest.mid], [[9, 4_000_000_000], [4_000_000_000], 9]);
  assert.deepEqual(
    ledger.entries.map(({ status }) => status),
    ['attack-successfully-mitigated', null, 'attack-mitigation-terminated'],
  );
  scene.now += 10_000;
  assert.deepEqual(scene.states(), ['1 ended', '2 ended', '3 ended']);
});

test('an answer for one mid says nothing of the others', () => {
  const scene = new Scene();
  scene.accepted('a.example.net', 1);
  scene.accepted('b.example.net', 2);
  scene.ledger = reported(scene.ledger, { code: '4.04' }, scene.now, 2).ledger;
  assert.deepEqual(scene.states(), ['1 accepted', '2 ended']);
});

test('the answer to a question for one mid says nothing of another', () => {
  const scene = new Scene();
  scene.accepted('a.example.net', 7);
  const { ledger, unknown } = reported(scene.ledger, listed({ mid: 9, lifetime: 100 }), scene.now, 7);
  assert.deepEqual([unknown, ledger.others, ledger.highest.mid, ledger.entries.length], [[], [], 7, 1]);
});

test('a list that could not be read whole ends nothing', () => {
  const scene = new Scene();
  scene.accepted('a.example.net', 1);
  const list = listed({ mid: 2, lifetime: 5 });
  assert.deepEqual(reported(scene.ledger, { ...list, broken: true }, scene.now).ledger.entries[0]?.state, 'accepted');
  assert.deepEqual(reported(scene.ledger, list, scene.now).ledger.entries[0]?.state, 'ended');
});

test('what is accepted ends the running mitigations of lower mids that share a target and start in the same way', () => {
  const scene = new Scene();
  scene.accepted('a.example.net', 1);
  scene.accepted('b.example.net', 2);
  const both = (id: number, more: JsonObject = {}): LedgerEntry => {
    const document = documentFor('a.example.net', { 'target-protocol': [17], ...more });
    const { ledger, entry } = begin(scene.ledger, mitigationOf('', { id, document }), scene.now);
    scene.ledger = answered(ledger, entry, { code: '2.01', ok: true }, scene.now);
    return entry;
  };
  both(3, { 'trigger-mitigation': false });
  assert.deepEqual(scene.states(), ['1 accepted', '2 accepted', '3 accepted']);
  both(4);
  assert.deepEqual(scene.states(), ['1 ended', '2 accepted', '3 accepted', '4 accepted']);
});

test('mitigations that were not requested from here are known until they end', () => {
  const scene = new Scene();
  const theirs = { mid: 9, 'target-fqdn': ['a.example.net'], lifetime: 60, status: 'attack-stopped' };
  scene.ledger = reported(scene.ledger, listed(theirs), scene.now).ledger;
  const entry = scene.begin('a.example.net');
  assert.deepEqual([entry.id, replacedBy(scene.ledger, entry).others.map(({ mid }) => mid)], [10, [9]]);
  scene.now += 60_000;
  assert.deepEqual(replacedBy(settled(scene.ledger, scene.now), entry).others, []);
});

test('mids start again at 0 from three quarters of their range on, but only in peace', () => {
  const scene = new Scene();
  const last = scene.accepted('a.example.net', 3_221_225_471);
  assert.equal(scene.begin('b.example.net').id, 3_221_225_472);
  scene.ledger = withdrawn(scene.ledger, last.id, '2.02', scene.now);
  assert.equal(scene.begin('c.example.net').id, 0);
  assert.equal(scene.begin('d.example.net').id, 1);
});

test('where a mitigation runs and the largest mid has been used, there is none left', () => {
  const scene = new Scene();
  scene.accepted('a.example.net', 4_294_967_295);
  assert.throws(() => scene.begin('b.example.net'), /start again at 0 only while no mitigation runs/);
});

test('sid, tsid and tmid count for themselves', () => {
  const { ledger } = begin(emptyLedger(client), mitigationOf('a.example.net', { id: 5 }), start);
  const next = begin(ledger, mitigationOf('a.example.net', { kind: 'telemetry', parameter: 'tmid' }), start);
  assert.deepEqual([next.entry.id, next.ledger.highest], [start / 1000, { mid: 5, tmid: start / 1000 }]);
});

test('telemetry without an answer keeps its tmid when it is sent again, unless a later one was sent', () => {
  const request = mitigationOf('a.example.net', { kind: 'telemetry', parameter: 'tmid' });
  const first = begin(emptyLedger(client), request, start);
  const unanswered = sending(first.ledger, first.entry, start);
  const again = begin(unanswered, request, start + 1000);
  assert.deepEqual([again.entry.id, again.refreshes], [first.entry.id, false]);
  const answeredOnce = answered(unanswered, first.entry, { code: '2.01', ok: true }, start);
  assert.ok(begin(answeredOnce, request, start).entry.id > first.entry.id, 'a new report');
  const other = begin(unanswered, { ...request, document: documentFor('b.example.net') }, start);
  assert.ok(begin(other.ledger, request, start).entry.id > other.entry.id, 'tmids go up');
});

test('what was installed over the data channel is kept while it is there, and for 30 days after its removal', () => {
  const scene = new Scene();
  const address = 'https://dots.example.net';
  const entries = [{ name: 'web' }, { name: 'mail' }];
  scene.ledger = withInstalled(scene.ledger, { container: 'aliases', entries, address }, scene.now);
  scene.ledger = withInstalled(scene.ledger, { container: 'acls', entries: [{ name: 'web' }], address }, scene.now);
  scene.ledger = withInstalled(scene.ledger, { container: 'aliases', entries: [{ name: 'web' }], address }, scene.now);
  const names = (): string[] => installedNow(scene.ledger).map(({ container, name }) => `${container} ${name}`);
  assert.deepEqual(names(), ['aliases mail', 'aliases web', 'acls web']);
  scene.ledger = withoutInstalled(scene.ledger, { container: 'aliases', name: 'web' }, scene.now);
  assert.deepEqual(names(), ['aliases mail', 'acls web']);
  assert.equal(settled(scene.ledger, scene.now + 29 * day).installed?.length, 3);
  assert.equal(settled(scene.ledger, scene.now + 31 * day).installed?.length, 2);
  scene.ledger = withoutInstalled(scene.ledger, 'all', scene.now);
  assert.deepEqual(names(), []);
});

test('other content that a server accepts under the same mid ends what ran under it', () => {
  const scene = new Scene();
  scene.accepted('a.example.net', 7);
  const other = scene.accepted('b.example.net', 7);
  assert.deepEqual(scene.states(), ['7 ended', '7 accepted']);
  scene.answer(other, '2.04', 3600);
  assert.deepEqual(scene.states(), ['7 ended', '7 accepted'], 'a refresh replaces nothing');
});
