import assert from 'node:assert/strict';
import { test } from 'node:test';
import { requestChanges } from '#dots/words/requestChanges';

const running = { 'target-prefix': ['192.0.2.0/24', '198.51.100.0/24'], 'target-protocol': [17], lifetime: 3600 };

test('targets that are added and lost, and a prefix that covers another one adds only the rest', () => {
  assert.deepEqual(requestChanges(running, { ...running, 'target-prefix': ['192.0.2.0/24'] }), [
    'no longer protects 198.51.100.0/24',
  ]);
  assert.deepEqual(
    requestChanges(running, { ...running, 'target-prefix': ['192.0.2.0/23', '198.51.100.0/24', '203.0.113.0/24'] }),
    ['adds 192.0.3.0/24, 203.0.113.0/24'],
  );
});

test('limits that are added, changed and removed, which makes a request wider', () => {
  const wider = { 'target-prefix': running['target-prefix'], lifetime: running.lifetime };
  assert.deepEqual(requestChanges(running, wider), ['without target-protocol']);
  assert.deepEqual(requestChanges(wider, running), ['with target-protocol [17]']);
  assert.deepEqual(requestChanges(running, { ...running, 'target-protocol': [6] }), ['target-protocol [17] -> [6]']);
});

test('another lifetime is a change; the same document, and what only a server or an update writes, is none', () => {
  assert.deepEqual(requestChanges(running, { ...running, lifetime: 7200 }), ['lifetime 3600 s (1 h) -> 7200 s (2 h)']);
  assert.deepEqual(requestChanges({ ...running, mid: 7, 'attack-status': 'under-attack' }, running), []);
});

test('a long value is cut off, a name loses the name of its module', () => {
  const list = Array.from({ length: 40 }, (_, index) => ({ name: `acl-${index}` }));
  const [phrase = ''] = requestChanges(running, { ...running, 'ietf-dots-signal-control:acl-list': list });
  assert.match(phrase, /^with acl-list \[\{"name":"acl-0"\}.*\.\.\.$/);
  assert.ok(phrase.length < 90);
});
