import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Admission, networkOf } from '#dots/transport/admission';
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

test('limits in all and by network, of handshakes and of sessions', () => {
  const { door } = admission({ halfOpen: 3, halfOpenPerAddress: 2, sessions: 3, sessionsPerAddress: 2 });
  for (const host of ['2001:db8::1', '2001:db8::2']) {
    assert.ok(door.mayStart(host));
    door.start(host);
    assert.ok(door.enter(host));
  }
  assert.deepEqual([door.mayStart('2001:db8::3'), door.enter('2001:db8::3')], [false, false]);
  assert.ok(door.mayStart('192.0.2.1'));
  const start = door.start('192.0.2.1');
  assert.ok(door.enter('192.0.2.1'));
  assert.deepEqual([door.mayStart('192.0.2.2'), door.enter('192.0.2.2')], [false, false]);
  door.release(start);
  door.release(start);
  door.exit('192.0.2.1');
  assert.deepEqual([door.mayStart('192.0.2.2'), door.enter('192.0.2.2')], [true, true]);
  assert.equal(door.enter('192.0.2.3'), false);
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
