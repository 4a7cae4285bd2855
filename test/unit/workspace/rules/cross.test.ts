import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { root } from '../../../support/shared';
import { judge } from '../../../support/crossScene';

test('the examples are clean together', () => {
  const names = readdirSync(join(root, 'examples')).filter((name) => name.endsWith('.dots.json'));
  assert.deepEqual(
    judge(Object.fromEntries(names.map((name) => [name, readFileSync(join(root, 'examples', name), 'utf8')]))).found,
    [],
  );
});

test('malformed documents are passed over', () => {
  const odd = [
    null,
    [],
    {},
    [null],
    'x',
    1,
    { scope: {} },
    { scope: [null, [], { 'target-prefix': 'x', 'alias-name': [1], 'ietf-dots-signal-control:acl-list': [null, {}] }] },
    { acl: [{ name: 1 }, { name: 'a', aces: [] }, { name: 'b', aces: { ace: [1, { matches: [] }] } }] },
    { alias: [{}, { name: 'a', 'target-prefix': {} }] },
  ];
  const tops = [
    'ietf-dots-signal-channel:mitigation-scope',
    'ietf-dots-data-channel:acls',
    'ietf-dots-data-channel:aliases',
    'ietf-dots-data-channel:dots-client',
    'ietf-dots-data-channel:dots-data',
    'ietf-dots-data-channel:capabilities',
    'ietf-dots-telemetry:telemetry',
    'ietf-dots-telemetry:telemetry-setup',
    'ietf-dots-mapping:vendor-mapping',
  ];
  const documents = Object.fromEntries(
    tops.flatMap((top) => odd.map((value, index) => [`${top} ${index}`, { [top]: value }])),
  );
  judge(documents, { 'own-prefixes': ['192.0.2.0/24'], files: [{ path: '**', mid: 1 }] });
});
