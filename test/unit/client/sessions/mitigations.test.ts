import assert from 'node:assert/strict';
import { test } from 'node:test';
import { directionOf } from '#dots/model/direction';
import type { JsonObject } from '#dots/model/json';
import { scopesOf } from '#dots/signal/scopes';
import type { LedgerEntry } from '#dots/signal/ledger';
import { MitigationBook, mitigationOf } from '../../../../client/src/sessions/mitigations';
import { remaining } from '../../../../client/src/ui/mitigation';
import { ongoing, mitigationStatusWords } from '#dots/words/mitigationStatuses';
import type { KeeperState, SessionFacts } from '#dots/words/sessions';
import { shortTarget, targetWords } from '#dots/words/targets';
import { sessionTree, type TreeState } from '../../../../client/src/ui/sessionTree';
import type { TreeNode } from '../../../../client/src/ui/treeNode';

const t0 = 1_700_000_000_000;
const body = (...scope: JsonObject[]): JsonObject => ({ 'ietf-dots-signal-channel:mitigation-scope': { scope } });
function factsOf(state: KeeperState, more: Partial<SessionFacts> = {}): SessionFacts {
  const none = { security: undefined, roundTripMs: undefined, error: undefined, nextAttemptMs: undefined };
  return { state, stateMs: 40_000, heardMs: 3000, ...none, ...more };
}

const session = {
  name: 'mock',
  server: 'coap://127.0.0.1:4646',
  cuid: 'dz6pHjaADkaFTbjr0JGBpw',
  production: false,
  facts: factsOf('connected'),
};

function bookWith(mid: number): MitigationBook {
  const book = new MitigationBook();
  book.accepted({ mid, scope: { 'target-prefix': ['192.0.2.0/24'] }, granted: 3600, aliases: {} }, t0);
  return book;
}

function stateOf(book: MitigationBook, now: number): TreeState {
  return {
    sessions: [{ ...session, mitigations: book.list() }],
    orchestrator: { addresses: [session.server, 'https://127.0.0.1:4443'], mitigations: 1, filters: [], aliases: [] },
    now,
  };
}

const find = (nodes: readonly TreeNode[], id: string): TreeNode | undefined =>
  nodes.flatMap((node) => [node, find(node.children, id)]).find((node) => node?.id === id);

test('scopes of anything that may come over the wire', () => {
  assert.deepEqual(scopesOf(undefined), []);
  assert.deepEqual(scopesOf({ other: 1 }), []);
  assert.deepEqual(scopesOf(body({ mid: 1 })), [{ mid: 1 }]);
  assert.equal(directionOf(body({ lifetime: 1 })), 'request');
  assert.equal(directionOf(body({ status: 'attack-stopped' })), 'status');
});

test('a request that was accepted is being set up, with the lifetime granted', () => {
  const [entry] = bookWith(7).list();
  assert.equal(entry?.status, 'attack-mitigation-in-progress');
  assert.equal(entry && remaining(entry, t0 + 1500), 3599);
});

test('an answer for another mid is no entry', () => {
  const book = bookWith(7);
  book.reported(body({ mid: 9, status: 'attack-successfully-mitigated', lifetime: 100 }), t0, 7);
  assert.deepEqual(
    book.list().map(({ mid, status }) => [mid, status]),
    [[7, 'attack-mitigation-in-progress']],
  );
});

test('a notification brings status, lifetime and counters, and keeps what it does not contain', () => {
  const book = bookWith(7);
  book.reported(
    body({
      mid: 7,
      status: 'attack-successfully-mitigated',
      lifetime: 3500,
      'bytes-dropped': '134334555',
      'pkts-dropped': '333334444',
    }),
    t0 + 100_000,
  );
  const entry = book.get(7);
  assert.equal(entry?.status, 'attack-successfully-mitigated');
  assert.deepEqual(entry?.scope['target-prefix'], ['192.0.2.0/24']);
  assert.equal(entry?.granted, 3600);
  assert.deepEqual(entry?.dropped, {
    octets: 134_334_555,
    packets: 333_334_444,
    octetsPerSecond: 0,
    packetsPerSecond: 0,
  });
  book.reported(body({ status: 'attack-stopped' }), t0 + 110_000, 7);
  assert.equal(book.get(7)?.lifetime, 3500);
  assert.equal(book.get(7)?.reportedAt, t0 + 100_000);
});

test('an indefinite lifetime does not count down; a finite one stops at zero', () => {
  const book = bookWith(7);
  assert.equal(remaining({ ...book.list()[0]!, lifetime: -1 }, t0 + 1e9), -1);
  assert.equal(remaining(book.list()[0]!, t0 + 1e9), 0);
});

test('a mitigation shows the targets of its aliases at the time it was sent, also once the server has reported it', () => {
  const book = new MitigationBook();
  const aliases = { web: ['192.0.2.1/32', 'www.example.com'], ghost: [] };
  book.accepted({ mid: 7, scope: { 'alias-name': ['web', 'ghost'] }, granted: 3600, aliases }, t0);
  book.reported(body({ mid: 7, 'alias-name': ['web', 'ghost'], status: 'attack-successfully-mitigated' }), t0);
  const { tooltip = '' } = find(sessionTree(stateOf(book, t0)), 'mitigation/mock/7') ?? {};
  assert.match(
    tooltip,
    /Targets: web, ghost\nAlias web, as your documents define it: 192\.0\.2\.1\/32, www\.example\.com\n/,
  );
  assert.match(tooltip, /Alias ghost, as your documents define it: no target\n/);
});

test('an ended mitigation stays until it is dismissed, with the reason', () => {
  const book = bookWith(7);
  book.end(7, t0 + 1000);
  book.accepted({ mid: 8, scope: {}, granted: 60, aliases: {} }, t0);
  book.end(8, t0 + 60_000);
  book.accepted({ mid: 9, scope: {}, granted: 60, aliases: {} }, t0);
  book.withdrawn(9);
  book.end(9, t0);
  assert.deepEqual(
    book.list().map(({ mid, ended }) => [mid, ended]),
    [
      [9, 'withdrawn'],
      [8, 'lifetime over'],
      [7, 'ended by the server'],
    ],
  );
  assert.deepEqual(ongoing(book.list()), []);
  const row = find(sessionTree(stateOf(book, t0)), 'mitigation/mock/8');
  assert.deepEqual([row?.role, row?.description], ['ended', 'lifetime over']);
  book.remove(8);
  assert.equal(book.get(8), undefined);
});

test('what the ledger has is shown until the server answers, an unanswered request as such', () => {
  const entry = {
    id: 7,
    document: body({ 'target-prefix': ['192.0.2.0/24'], lifetime: 3600 }),
    state: 'unanswered',
    status: null,
    expiresAt: new Date(t0 + 3_600_000).toISOString(),
    statusAt: null,
    answeredAt: null,
    sentAt: new Date(t0).toISOString(),
    acceptedAt: null,
    file: '/documents/request.dots.json',
  } as unknown as LedgerEntry;
  const book = new MitigationBook();
  book.seed([mitigationOf(entry)]);
  const tree = sessionTree(stateOf(book, t0 + 60_000));
  const row = find(tree, 'mitigation/mock/7');
  assert.deepEqual(
    [row?.description, row?.role, row?.opens],
    ['no answer, 59 min left', 'mitigation', 'dots.openDocument'],
  );
  assert.equal(find(tree, 'mitigation/mock/7/document')?.description, 'request.dots.json');
  book.reported(body({ mid: 7, status: 'attack-successfully-mitigated', lifetime: 3000 }), t0);
  assert.equal(book.get(7)?.unanswered, undefined);
  assert.equal(book.get(7)?.record?.file, '/documents/request.dots.json');
  book.seed([mitigationOf(entry)]);
  assert.equal(book.get(7)?.unanswered, undefined);
});

test('without a session there are no rows, so that the view can say the next step', () => {
  assert.deepEqual(sessionTree({ sessions: [], orchestrator: undefined, now: t0 }), []);
});

test('rows in words, with stable ids', () => {
  const book = bookWith(7);
  book.reported(
    body({
      mid: 7,
      status: 'attack-successfully-mitigated',
      lifetime: 3600,
      'bytes-dropped': '1500',
      'pkts-dropped': '3',
      'bps-dropped': '43344',
      'pps-dropped': '432432',
    }),
    t0,
  );
  const tree = sessionTree(stateOf(book, t0 + 30_000));
  assert.deepEqual(
    tree.map(({ label }) => label),
    ['mock', 'Mock orchestrator'],
  );
  assert.equal(find(tree, 'mitigation/mock/7')?.label, '192.0.2.0/24');
  assert.equal(find(tree, 'mitigation/mock/7')?.description, '59 min left, 347 kbit/s');
  assert.equal(
    find(tree, 'mitigation/mock/7')?.spoken,
    'Mitigation of 192.0.2.0/24: mitigating, 59 min left, 347 kbit/s',
  );
  assert.equal(find(tree, 'mitigation/mock/7/lifetime')?.description, '59 min 30 s left of 1 h');
  assert.equal(find(tree, 'mitigation/mock/7/dropped')?.description, '1.5 kB, 3 pkt');
  assert.equal(find(tree, 'mitigation/mock/7/rate')?.description, '347 kbit/s, 432 k pkt/s');
});

test('a withdrawn mitigation has neither lifetime nor rate, and does not count', () => {
  for (const status of [
    'dots-client-withdrawn-mitigation',
    'attack-mitigation-terminated',
    'attack-mitigation-withdrawn',
  ]) {
    const book = bookWith(7);
    book.reported(body({ mid: 7, status, lifetime: 3600, 'bytes-dropped': '1500', 'pkts-dropped': '3' }), t0);
    const tree = sessionTree(stateOf(book, t0));
    assert.equal(find(tree, 'mitigation/mock/7')?.role, 'ending');
    assert.deepEqual(
      find(tree, 'mitigation/mock/7')?.children.map(({ label }) => label),
      ['Status', 'Dropped', 'Document', 'mid', 'cuid'],
    );
    assert.deepEqual(ongoing(book.list()), []);
  }
  assert.equal(mitigationStatusWords('dots-client-withdrawn-mitigation').short, 'ending, the server may still filter');
  assert.equal(ongoing(bookWith(7).list()).length, 1);
});

test('a session without mitigations says what to do', () => {
  const tree = sessionTree(stateOf(new MitigationBook(), t0));
  assert.match(find(tree, 'session/mock/none')?.tooltip ?? '', /press Send above it/);
});

test('a session that is not connected is said in words, with its cause', () => {
  const treeOf = (facts: SessionFacts): TreeNode[] =>
    sessionTree({ ...stateOf(bookWith(7), t0), sessions: [{ ...session, mitigations: bookWith(7).list(), facts }] });
  const [lost] = treeOf(factsOf('not-responding'));
  assert.equal(lost?.description, 'not responding for 40 s');
  assert.deepEqual(
    lost?.children.map(({ label, description }) => [label, description]),
    [
      ['No answer', 'refresh to try again'],
      ['192.0.2.0/24', '1 h left, setting up'],
    ],
  );
  const [refused] = treeOf(factsOf('refused', { error: new Error('The certificate has expired.') }));
  assert.equal(refused?.description, 'refused: The certificate has expired.');
  assert.equal(treeOf(factsOf('never-reached'))[0]?.description, 'never reached');
});

test('sessions are listed one below the other, each with its profile, transport and the peer that was verified', () => {
  const upstream = {
    name: 'upstream',
    server: 'coaps://192.0.2.1:4646',
    cuid: 'c',
    production: true,
    mitigations: bookWith(7).list(),
    facts: factsOf('connected', {
      security: {
        protocol: 'DTLS 1.2',
        cipherSuite: 'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256',
        peerName: 'dots.example.net',
        identity: 'psk:c',
      },
    }),
  };
  const tree = sessionTree({
    sessions: [{ ...session, mitigations: bookWith(7).list() }, upstream],
    orchestrator: undefined,
    now: t0,
  });
  assert.deepEqual(
    tree.map(({ label, description }) => [label, description]),
    [
      ['mock', 'connected'],
      ['upstream', 'connected'],
      ['Mock orchestrator', 'stopped'],
    ],
  );
  assert.match(tree[1]?.spoken ?? '', /^Production server upstream: connected/);
  assert.match(
    tree[1]?.tooltip ?? '',
    /Server profile: upstream \(production\)\nServer: coaps:\S+\nTransport: DTLS 1\.2, TLS_ECDHE_\S+\nVerified peer: dots\.example\.net\n/,
  );
  const ids = tree.flatMap((node) => [node, ...node.children]).map(({ id }) => id);
  assert.equal(new Set(ids).size, ids.length);
  assert.equal(find(tree, 'mitigation/upstream/7')?.session, 'upstream');
  assert.deepEqual([tree[1]?.children[0]?.label, tree[1]?.children[0]?.description], ['DTLS 1.2', 'dots.example.net']);
});

test('targets in one line, and unknown statuses as they are', () => {
  assert.equal(targetWords({ 'target-prefix': ['a', 'b', 'c'], 'alias-name': ['d'] }), 'a, b and 2 more');
  assert.equal(targetWords({}), 'no target');
  assert.equal(shortTarget({ 'target-prefix': ['a', 'b'] }), 'a +1');
  assert.equal(mitigationStatusWords('something-new').short, 'something-new');
});
