import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judge, request, acl, acls, switches } from '../../../support/crossScene';

test('ACLs that no mitigation can activate', () => {
  const files = [
    { path: 'a.json', cuid: 'one' },
    { path: 'c.json', cuid: 'two' },
  ];
  const waiting = acls(
    acl('wait'),
    acl('off', { 'activation-type': 'deactivate' }),
    acl('now', { 'activation-type': 'immediate' }),
  );
  const idle = (documents: Record<string, object>, workspaceFile?: object): string[] =>
    judge(documents, workspaceFile)
      .findings.filter(({ finding }) => finding.code === 'cross/idle-acl')
      .map(({ file, finding }) => `${file} ${finding.pointer.at(-6) ?? ''}`);
  assert.deepEqual(idle({ 'b.json': waiting }, {}), ['b.json 0', 'b.json 1']);
  assert.deepEqual(idle({ 'b.json': waiting }), []);
  assert.deepEqual(idle({ 'a.json': request(switches('off')), 'b.json': waiting }, {}), []);
  assert.deepEqual(idle({ 'a.json': request(switches('off', 'deactivate')), 'b.json': waiting }, {}), ['b.json 1']);
  assert.deepEqual(idle({ 'a.json': request(switches('wait')), 'c.json': waiting }, { files }), [
    'c.json 0',
    'c.json 1',
  ]);
});
