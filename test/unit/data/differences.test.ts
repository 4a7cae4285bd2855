import assert from 'node:assert/strict';
import { test } from 'node:test';
import { changeLines, changeOf, removalOf } from '#dots/data/differences';
import { without } from '#dots/data/resources';
import type { JsonObject } from '#dots/model/json';
import { ace, acl, alias } from '../../support/protocol/dataScene';

const lines = (before: JsonObject | undefined, after: JsonObject): string[] =>
  changeLines([changeOf('acls', before, after)]);

test('an entry that the server does not have is new', () => {
  assert.deepEqual(lines(undefined, acl('a')), ['acl "a" is new.']);
});

test('each added, removed and changed ACE, and each changed member, has a line', () => {
  const before = acl('a', ace('dns', 53), ace('ntp', 123), ace('old', 1));
  const after = {
    ...acl('a', ace('ntp', 1234, 'accept'), ace('dns', 53), ace('new', 2)),
    'activation-type': 'immediate',
  };
  assert.deepEqual(lines(before, after), [
    'acl "a" replaces the one with that name:',
    '  activation-type: "activate-when-mitigating" -> "immediate"',
    '  ace "old" removed',
    '  ace "ntp" changed',
    '    matches/udp/source-port-range-or-operator/port: 123 -> 1234',
    '    actions/forwarding: "drop" -> "accept"',
    '  ace "new" added',
    '  new order of the ACEs: "ntp", "dns"',
  ]);
});

test('state of the server, defaults and spellings of one value are no difference', () => {
  const [entry] = [ace('dns', 53)];
  const written = without(acl('a', entry as JsonObject), 'activation-type');
  const forwarding = 'ietf-access-control-list:drop';
  const onServer = {
    ...acl('a', { ...ace('dns', 53, forwarding), statistics: { 'matched-packets': '1' } }),
    'pending-lifetime': 10_080,
    type: 'ietf-access-control-list:ipv4-acl-type',
  };
  const said = ['acl "a" is on the server with the same content; its lifetime starts again.'];
  assert.deepEqual(lines(onServer, written), said);
});

test('an alias: the order of its prefixes does not count, a further one does', () => {
  const before = { ...alias('web', '192.0.2.1/32', '192.0.2.2/32'), 'pending-lifetime': 5 };
  assert.equal(changeOf('aliases', before, alias('web', '192.0.2.2/32', '192.0.2.1/32')).change, 'unchanged');
  assert.deepEqual(changeOf('aliases', before, { ...alias('web', '192.0.2.1/32'), 'target-protocol': [17] }).members, [
    { path: 'target-prefix', before: ['192.0.2.1/32', '192.0.2.2/32'], after: ['192.0.2.1/32'] },
    { path: 'target-protocol', before: null, after: [17] },
  ]);
});

test('names and values of a server cannot break a line, and are of bounded length', () => {
  const [, line = ''] = lines({ ...acl('a'), 'x\n\u001b[2J': 'y\u202e'.repeat(500) }, acl('a'));
  assert.match(line, /^ {2}x \[2J removed: "y\\u202e/);
  assert.ok(line.length < 300);
  assert.deepEqual(changeLines([removalOf('aliases', 'a\nb')]), ['alias "a\\nb" is removed.']);
});
