import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judge, request, aliases, acl, acls, switches } from '../../../support/crossScene';

test('a name that nothing defines is a warning where a workspace file says that the documents are all: it may have been installed by other means', () => {
  const documents = {
    'a.json': request({ 'alias-name': ['web', 'webb'] }),
    'b.json': aliases('web', 'dns'),
    'c.json': request(switches('drop')),
  };
  const { found, findings } = judge(documents);
  assert.deepEqual(found, [
    ['a.json', 'cross/unknown-alias', 'information', '/scope/0/alias-name/1'],
    ['c.json', 'cross/unknown-acl', 'information', '/scope/0/ietf-dots-signal-control:acl-list/0/acl-name'],
  ]);
  assert.match(findings[0]?.finding.message ?? '', /Did you mean "web"\?$/);
  assert.deepEqual(
    judge(documents, {}).found.filter(([, code]) => code.startsWith('cross/un')),
    [
      ['a.json', 'cross/unknown-alias', 'warning', '/scope/0/alias-name/1'],
      ['b.json', 'cross/unused-alias', 'hint', '/alias/1/name'],
      ['c.json', 'cross/unknown-acl', 'warning', '/scope/0/ietf-dots-signal-control:acl-list/0/acl-name'],
    ],
  );
});

test('while a document is broken, a name may be defined in what cannot be read', () => {
  assert.deepEqual(
    judge(
      { 'a.json': request({ 'alias-name': ['web'] }), 'b.json': '{"ietf-dots-data-channel:aliases": {"alias": [}' },
      {},
    ).found,
    [['a.json', 'cross/unknown-alias', 'information', '/scope/0/alias-name/0']],
  );
});

test('an ACE named where an ACL is meant', () => {
  const {
    findings: [first],
  } = judge({ 'a.json': request(switches('drop-entry')), 'b.json': acls(acl('drop')) });
  assert.deepEqual(
    [
      first?.finding.code,
      first?.finding.severity,
      first?.finding.related?.[0]?.file,
      first?.finding.related?.[0]?.range.start.line,
    ],
    ['cross/ace-for-acl', 'warning', 'b.json', 4],
  );
});

test('names belong to a client: by the workspace file, or by the registration that contains them', () => {
  const files = [{ path: 'a.json', cuid: 'one' }];
  const held = (cuid: string): object => ({
    'ietf-dots-data-channel:dots-client': [
      { cuid, aliases: { alias: [{ name: 'web', 'target-prefix': ['192.0.2.1/32'] }] } },
    ],
  });
  assert.deepEqual(judge({ 'a.json': request({ 'alias-name': ['web'] }), 'b.json': held('one') }, { files }).found, []);
  assert.deepEqual(
    judge({ 'a.json': request({ 'alias-name': ['web'] }), 'b.json': held('two') }, { files }).found.map(
      ([, code]) => code,
    ),
    ['cross/unknown-alias', 'cross/unused-alias'],
  );
});

test('aliases in telemetry count as used, and have to be known', () => {
  const telemetry = {
    'ietf-dots-telemetry:telemetry': { 'pre-or-ongoing-mitigation': [{ target: { 'alias-name': ['web', 'mail'] } }] },
  };
  assert.deepEqual(judge({ 'a.json': telemetry, 'b.json': aliases('web') }, {}).found, [
    ['a.json', 'cross/unknown-alias', 'warning', '/pre-or-ongoing-mitigation/0/target/alias-name/1'],
  ]);
});
