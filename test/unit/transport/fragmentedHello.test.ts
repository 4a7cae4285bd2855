import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FragmentedHellos } from '#dots/transport/dtls/fragmentedHello';

/** A record with a part of a client hello whose body has `length` octets, each its place. */
function part(length: number, offset: number, size: number, sequence = 0): Buffer {
  const record = Buffer.alloc(25 + size);
  record.writeUInt8(22, 0);
  record.writeUInt16BE(0xfefd, 1);
  record.writeUInt8(sequence, 10);
  record.writeUInt16BE(12 + size, 11);
  record.writeUInt8(1, 13);
  record.writeUIntBE(length, 14, 3);
  record.writeUIntBE(offset, 19, 3);
  record.writeUIntBE(size, 22, 3);
  for (let at = 0; at < size; at++) record.writeUInt8((offset + at) % 256, 25 + at);
  return record;
}

test('parts in any order, repeated, overlapping and several in a datagram make the hello, in the record of the last part', () => {
  const whole = part(300, 0, 300, 7);
  for (const datagrams of [
    [part(300, 0, 200), part(300, 200, 100, 7)],
    [part(300, 200, 100), part(300, 200, 100), part(300, 0, 200, 7)],
    [part(300, 0, 200), part(300, 150, 150, 7)],
    [part(300, 0, 0), Buffer.concat([part(300, 0, 100), part(300, 100, 200, 7)])],
  ]) {
    const hellos = new FragmentedHellos();
    const taken = datagrams.map((datagram) => hellos.take(datagram, 'a', 0));
    assert.deepEqual(taken.at(-1), whole);
    assert.ok(taken.slice(0, -1).every((one) => one === undefined));
  }
});

test('what is no part of a client hello goes on as it is, also a part that promises too much or lies outside', () => {
  const other = part(300, 0, 100);
  other.writeUInt8(11, 13);
  const protectedRecord = part(300, 0, 100);
  protectedRecord.writeUInt16BE(1, 3);
  const datagrams = [
    part(300, 0, 300),
    part(5000, 0, 100),
    part(300, 250, 100),
    part(300, 0, 100).subarray(0, 60),
    Buffer.alloc(0),
    Buffer.alloc(12, 22),
    other,
    protectedRecord,
  ];
  for (const datagram of datagrams) assert.equal(new FragmentedHellos().take(datagram, 'a', 0), datagram);
});

test('parts of different peers, messages and times are not mixed, and a flood of strangers pushes out the oldest', () => {
  const hellos = new FragmentedHellos();
  const first = part(300, 0, 200);
  const rest = part(300, 200, 100);
  hellos.take(first, 'a', 0);
  assert.equal(hellos.take(rest, 'b', 0), undefined);
  assert.equal(hellos.take(rest, 'a', 6000), undefined, 'too late');
  hellos.take(first, 'c', 6000);
  assert.equal(hellos.take(part(301, 200, 101), 'c', 6000), undefined, 'another message');
  hellos.take(first, 'd', 6000);
  for (let stranger = 0; stranger < 32; stranger++) hellos.take(first, `stranger ${stranger}`, 6000);
  assert.equal(hellos.take(rest, 'd', 6000), undefined, 'pushed out');
  assert.ok(hellos.take(rest, 'stranger 31', 6000));
});
