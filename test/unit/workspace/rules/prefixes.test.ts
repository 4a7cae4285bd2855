import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judge, request, acl, acls } from '../../../support/crossScene';

test("targets outside of one's own prefixes, those of the workspace and of the profile", () => {
  const documents = {
    'a.json': request({ 'target-prefix': ['192.0.2.0/25', '198.51.100.0/24', '0.0.0.0/0'] }),
    'b.json': { 'ietf-dots-data-channel:aliases': { alias: [{ name: 'x', 'target-prefix': ['2001:db8::1/128'] }] } },
    'c.json': acls(
      acl('d', { 'activation-type': 'immediate' }, { ipv4: { 'destination-ipv4-network': '203.0.113.0/24' } }),
    ),
    'd.json': request({ 'target-prefix': ['203.0.113.1/32'], 'ietf-dots-call-home:source-prefix': ['192.0.2.0/24'] }),
  };
  const outside = (workspaceFile?: object, profiles?: object): [string, string, string][] =>
    judge(documents, workspaceFile, profiles)
      .found.filter(([, code]) => code === 'cross/foreign-target')
      .map(([file, , severity, pointer]) => [file, severity, pointer.slice(-1)]);
  assert.deepEqual(outside({ 'own-prefixes': ['192.0.2.0/24', '2001:db8::/32'] }), [
    ['a.json', 'error', '1'],
    ['a.json', 'error', '2'],
    ['c.json', 'error', 'k'],
    ['d.json', 'information', '0'],
  ]);
  assert.deepEqual(outside({}), []);
  const profiles = { profiles: { lab: { 'own-prefixes': ['198.51.100.0/24', '192.0.2.0/24'] } } };
  assert.deepEqual(outside({ files: [{ path: 'a.json', profile: 'lab' }] }, profiles), [['a.json', 'error', '2']]);
});

test("addresses in URIs and targets of telemetry have to be within one's own prefixes too", () => {
  const tmTarget = {
    'target-prefix': ['192.0.2.0/24', '198.51.100.0/24'],
    'target-uri': ['https://192.0.2.9/', 'https://[2001:db8::1]:8443/'],
  };
  const telemetry = (more: object): object => ({
    'ietf-dots-telemetry:telemetry': { 'pre-or-ongoing-mitigation': [{ target: tmTarget, ...more }] },
  });
  const documents = {
    'a.json': request({
      'target-uri': ['https://198.51.100.1/', 'https://www.example.com/', 'https://user@192.0.2.1:443/'],
    }),
    'b.json': telemetry({}),
    'c.json': telemetry({ tmid: 5 }),
    'd.json': {
      'ietf-dots-telemetry:telemetry-setup': {
        telemetry: [{ baseline: [{ id: 1, 'target-prefix': ['203.0.113.0/24'] }] }],
      },
    },
  };
  assert.deepEqual(
    judge(documents, { 'own-prefixes': ['192.0.2.0/24'] })
      .found.filter(([, code]) => code === 'cross/foreign-target')
      .map(([file, , , pointer]) => [file, pointer.split('/').slice(-2).join(' ')]),
    [
      ['a.json', 'target-uri 0'],
      ['b.json', 'target-prefix 1'],
      ['b.json', 'target-uri 1'],
      ['d.json', 'target-prefix 0'],
    ],
  );
});
