import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Admission, networkOf } from '#dots/transport/admission';
import { OpenSessions } from '#dots/transport/openSessions';
import { defaultSessionLimits, type SessionLimits } from '#dots/transport/secure';
import { FakeClock } from '../../support/protocol/fakeClock';

const spanMs = 15_000;

function admission(limits: Partial<SessionLimits>): { clock: FakeClock; door: Admission } {
  const clock = new FakeClock();
  return { clock, door: new Admission({ ...defaultSessionLimits, ...limits }, clock, spanMs) };
}

test('an IPv4 address counts by itself, an IPv6 address with its /64', () => {
  const networks: [host: string, network: string][] = [
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
    ['2001:0DB8:0001:2::', '2001:db8:1:2'],
    ['2001:db8::1', '2001:db8:0:0'],
    ['::1', '0:0:0:0'],
    ['::', '0:0:0:0'],
    ['1::2:3:4:5:6:7', '1:0:2:3'],
    ['1:2:3::192.0.2.1', '1:2:3:0'],
    ['::2:3:4:5:192.0.2.1', '0:0:2:3'],
    ['fe80::1%eth0', 'fe80:0:0:0'],
  ];
  for (const [host, network] of networks) assert.equal(networkOf(host), network, host);
});

test('limits of handshakes, in all and by network', () => {
  const { door } = admission({ halfOpen: 3, halfOpenPerAddress: 2 });
  for (const host of ['2001:db8::1', '2001:db8::2']) {
    assert.ok(door.mayStart(host));
    door.start(host);
  }
  assert.equal(door.mayStart('2001:db8::3'), false);
  assert.ok(door.mayStart('192.0.2.1'));
  const start = door.start('192.0.2.1');
  assert.equal(door.mayStart('192.0.2.2'), false);
  door.release(start);
  door.release(start);
  assert.equal(door.mayStart('192.0.2.2'), true);
});

test('handshakes of strangers do not use up those of networks with authenticated clients', () => {
  const { door } = admission({ halfOpen: 2, halfOpenPerAddress: 2 });
  door.prove('203.0.113.1');
  door.start('192.0.2.1');
  door.start('192.0.2.2');
  assert.deepEqual([door.mayStart('192.0.2.3'), door.mayStart('203.0.113.1')], [false, true]);
  door.start('203.0.113.1');
  door.start('203.0.113.1');
  assert.equal(door.mayStart('203.0.113.1'), false);
});

test('sessions are limited in all and by client, whatever the identities of a client are', () => {
  const limited = (own: number, total: number): boolean => own < 2 && total < 3;
  const sessions = new OpenSessions(
    (_identity, own, total) => limited(own, total),
    (identity) => identity[0],
  );
  assert.deepEqual([sessions.enter('a1'), sessions.enter('a2'), sessions.enter('a3')], [true, true, false]);
  assert.deepEqual([sessions.enter('b1'), sessions.enter('c1')], [true, false]);
  assert.deepEqual([sessions.replace('a1', 'b2'), sessions.replace('a2', 'b3')], [true, false]);
  assert.deepEqual([sessions.enter('c1')], [false]);
  sessions.exit('a2');
  assert.deepEqual([sessions.enter('b3'), sessions.enter('c1')], [false, true]);
});

test('a handshake counts until it has succeeded or its time is over', async () => {
  const { clock, door } = admission({ halfOpenPerAddress: 2 });
  door.start('192.0.2.1');
  await clock.advance(spanMs - 1);
  const second = door.start('192.0.2.1');
  assert.equal(door.mayStart('192.0.2.1'), false);
  await clock.advance(1);
  assert.equal(door.mayStart('192.0.2.1'), true);
  door.start('192.0.2.1');
  assert.equal(door.mayStart('192.0.2.1'), false);
  door.release(second);
  assert.equal(door.mayStart('192.0.2.1'), true);
});
