import assert from 'node:assert/strict';
import { test } from 'node:test';
import { check, directionOf } from '#dots/check/check';
import { ace, acl, alias, codes, mitigation, target, tm } from '../../support/checkCases';

test('check: direction decides whether server-only members are a fault', () => {
  const document = mitigation({ ...target, status: 'attack-stopped' });
  assert.deepEqual(codes(document), []);
  assert.deepEqual(codes(document, { direction: 'request' }), ['rfc/server-only-member@status']);
});

test('check: what belongs in the Uri-Path of a request, or is written by a server only', () => {
  const telemetry = tm({ tmid: 7, target: { 'target-prefix': ['192.0.2.0/24'] } });
  assert.deepEqual(codes(telemetry), ['rfc/telemetry-empty@0']);
  assert.deepEqual(codes(telemetry, { direction: 'request' }), ['rfc/server-only-member@tmid']);
  const traffic = tm({
    tmid: 7,
    target: { 'target-prefix': ['192.0.2.0/24'] },
    'total-traffic': [{ unit: 'megabit-ps', 'mid-percentile-g': '60' }],
  });
  assert.deepEqual(codes(traffic), []);
  const answer = {
    'ietf-dots-telemetry:telemetry-setup': { telemetry: [{ tsid: 1, 'current-config': { 'low-percentile': '5.00' } }] },
  };
  assert.deepEqual(codes(answer), []);
  assert.deepEqual(codes(answer, { direction: 'request' }), ['rfc/server-only-member@tsid']);
  const client = {
    'ietf-dots-data-channel:dots-data': { 'dots-client': [{ cuid: 'a', cdid: 'b' }], capabilities: {} },
  };
  assert.deepEqual(
    codes(client).filter((code) => code.startsWith('rfc/')),
    [],
  );
  assert.deepEqual(
    codes(client, { direction: 'request' }).filter((code) => code.startsWith('rfc/')),
    ['rfc/client-cdid@cdid', 'rfc/read-only-member@capabilities'],
  );
});

test('check: what a client reads but must not send back', () => {
  const document = acl(ace({}), { 'pending-lifetime': 10080 });
  assert.deepEqual(codes(document), []);
  assert.deepEqual(codes(document, { direction: 'request' }), ['rfc/read-only-member@pending-lifetime']);
});

test('check: a document of the data channel with what only a server writes is a status', () => {
  const data = (clients: object[], more: object = {}): object => ({
    'ietf-dots-data-channel:dots-data': { 'dots-client': clients, ...more },
  });
  const [one, other] = [{ cuid: 'a' }, { cuid: 'b' }];
  const kept = { ...one, acls: { acl: [{ name: 'f', 'pending-lifetime': 10 }] } };
  const counted = {
    ...one,
    acls: {
      acl: [
        {
          name: 'f',
          aces: { ace: [{ name: 'g', actions: { forwarding: 'drop' }, statistics: { 'matched-packets': '1' } }] },
        },
      ],
    },
  };
  assert.deepEqual(codes(data([one, other])), ['rfc/one-client@1']);
  for (const status of [
    data([one, other], { capabilities: {} }),
    data([kept, other]),
    data([counted, other]),
    { 'ietf-dots-data-channel:dots-client': [kept, other] },
  ]) {
    assert.equal(directionOf(status), 'status');
    assert.deepEqual(
      codes(status).filter((code) => code.startsWith('rfc/')),
      [],
    );
    const sent = codes(status, { direction: 'request' });
    assert.ok(
      sent.some((code) => code.startsWith('rfc/one-client')) &&
        sent.some((code) => code.startsWith('rfc/read-only-member')),
      sent.join(),
    );
  }
  assert.deepEqual([acl(ace({})), alias({}), data([one])].map(directionOf), [undefined, undefined, undefined]);
  assert.equal(directionOf(acl(ace({}), { 'pending-lifetime': 10080 })), 'status');
});

test('check: what is too long, too deep or too wrong ends in one sentence', () => {
  const list = (count: number): object[] => Array.from({ length: count }, () => ({}));
  assert.deepEqual(codes(mitigation(list(100_001))), ['json/too-many-entries@scope']);
  const acls = Array.from({ length: 5 }, (_, index) => ({ name: `a${index}`, aces: { ace: list(90_000) } }));
  assert.ok(codes({ 'ietf-dots-data-channel:acls': { acl: acls } }).includes('json/too-many-faults@'));
  const prefixes = { 'target-prefix': Array.from({ length: 60_000 }, () => '192.0.2.0/24') };
  assert.deepEqual(
    codes(
      mitigation([
        { ...target, ...prefixes },
        { ...target, ...prefixes },
      ]),
    ),
    ['json/too-many-entries@target-prefix'],
  );
  assert.deepEqual(
    codes(mitigation(list(50_000))).filter((code) => code.startsWith('json/')),
    ['json/too-many-faults@'],
  );
  const members = Object.fromEntries(Array.from({ length: 100_000 }, (_, index) => [`x${index}`, 1]));
  assert.deepEqual(
    new Set(codes(mitigation({ ...target, ...members })).map((code) => code.split('@')[0])),
    new Set(['json/too-many-faults', 'yang/unknown-member']),
  );
  const deep = Array.from({ length: 20_000 }).reduce<unknown>((inner) => [inner], 1);
  assert.deepEqual(
    codes(mitigation({ ...target, 'target-prefix': [deep] as unknown as string[] })).filter((code) =>
      code.startsWith('json/'),
    ),
    ['json/too-deep@0'],
  );
});

test('check: hostile texts are checked in linear time', () => {
  const long = `${'0'.repeat(200_000)}x`;
  assert.deepEqual(codes(acl(ace({}, { forwarding: 'accept', 'rate-limit': long }))), [
    'yang/invalid-value@rate-limit',
  ]);
  const bits = Array.from({ length: 100_000 }, (_, index) => `b${index}`).join(' ');
  assert.deepEqual(codes(acl(ace({ tcp: { flags: bits } }))), ['yang/invalid-value@flags']);
  assert.deepEqual(codes(mitigation({ ...target, 'target-prefix': [`${':'.repeat(200_000)}/`] })), [
    'yang/invalid-value@0',
  ]);
});

test('check: a value of no known kind has no type and no faults; nothing throws', () => {
  for (const value of [null, 7, 'x', [], {}, { a: 1 }, undefined])
    assert.deepEqual(check(value), { type: undefined, faults: [] });
  const hostile = [null, [], 7, 'x', { scope: 7 }, { scope: [null] }, { scope: [{ 'target-prefix': {} }] }];
  for (const body of hostile) assert.ok(check({ 'ietf-dots-signal-channel:mitigation-scope': body }).type);
});

test('check: what a language tag has to be is said', () => {
  const document = tm({
    target: { 'target-prefix': ['192.0.2.0/24'] },
    'attack-detail': [{ 'vendor-id': 32473, 'attack-id': 1, 'description-lang': 'e!' }],
  });
  assert.equal(
    check(document).faults.find(({ code }) => code === 'yang/invalid-value')?.message,
    '"description-lang" must be a language tag such as en-US (RFC 5646); it is "e!".',
  );
});
