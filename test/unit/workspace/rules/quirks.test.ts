import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judge, request } from '../../../support/crossScene';

const sourcePorts = { 'ietf-dots-call-home:source-port-range': [{ 'lower-port': 53 }] };
const sourcePrefix = { 'ietf-dots-call-home:source-prefix': ['198.51.100.0/24'] };
const target = { 'target-prefix': ['192.0.2.0/24'], 'target-protocol': [17] };

/** What is found in one request to a server with some quirks. */
function found(scope: object, ...quirks: string[]): [code: string, severity: string, pointer: string][] {
  const workspaceFile = { files: [{ path: 'a.json', profile: 'peer' }] };
  return judge({ 'a.json': request(scope) }, workspaceFile, { profiles: { peer: { quirks } } })
    .found.map(([, code, severity, pointer]): [string, string, string] => [code, severity, pointer])
    .filter(([code]) => code !== 'cross/foreign-target');
}

test('source ports without a source prefix, where the server requires one', () => {
  const finding = ['cross/source-prefix-required', 'warning', '/scope/0/ietf-dots-call-home:source-port-range'];
  assert.deepEqual(found({ ...target, ...sourcePorts }, 'source-prefix-required'), [finding]);
  assert.deepEqual(found({ ...target, ...sourcePorts }, 'no-target-uri', 'names-must-resolve'), []);
  assert.deepEqual(found({ ...target, ...sourcePorts }), []);
  assert.deepEqual(found({ ...target, ...sourcePorts, ...sourcePrefix }, 'source-prefix-required'), []);
  assert.deepEqual(found(target, 'source-prefix-required'), []);
});

test('the advice is a source prefix or an ACL', () => {
  const { findings } = judge(
    { 'a.json': request({ ...target, ...sourcePorts }) },
    { files: [{ path: '*', profile: 'peer' }] },
    { profiles: { peer: { quirks: ['source-prefix-required'] } } },
  );
  assert.match(findings[0]?.finding.message ?? '', /"source-prefix".*ACL/);
});

test('URIs as targets, where the server takes none', () => {
  const scope = { 'target-uri': ['https://www.example.com/', 'https://192.0.2.7/'], 'target-fqdn': ['example.com'] };
  assert.deepEqual(
    found(scope, 'no-target-uri').map(([code, , pointer]) => `${code} ${pointer}`),
    ['cross/no-target-uri /scope/0/target-uri/0', 'cross/no-target-uri /scope/0/target-uri/1'],
  );
});

test('names as targets, where one that does not resolve stops the server; an address has no name to resolve', () => {
  const scope = { 'target-uri': ['https://www.example.com/', 'https://192.0.2.7/'], 'target-fqdn': ['example.com'] };
  assert.deepEqual(
    found(scope, 'names-must-resolve').map(([code, , pointer]) => `${code} ${pointer}`),
    ['cross/names-must-resolve /scope/0/target-fqdn/0', 'cross/names-must-resolve /scope/0/target-uri/0'],
  );
});

test('the quirks of another profile do not count, and a status is not judged by them', () => {
  const profiles = { profiles: { peer: { quirks: ['source-prefix-required'] }, lab: {} } };
  const documents = { 'a.json': request({ ...target, ...sourcePorts }) };
  const codes = (entry: object): string[] =>
    judge(documents, { files: [{ path: 'a.json', ...entry }] }, profiles).found.map(([, code]) => code);
  assert.deepEqual(codes({ profile: 'lab' }), []);
  assert.deepEqual(codes({ profile: 'peer', direction: 'status' }), []);
  assert.deepEqual(codes({ profile: 'peer' }), ['cross/source-prefix-required']);
});
