import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judge, request, aliases, acl, acls, switches } from '../../../support/crossScene';

test('of overlapping requests of one client the one with the lower mid is deleted', () => {
  const documents = {
    'a.json': request({ 'target-prefix': ['192.0.2.0/24'] }),
    'b.json': request({ 'target-prefix': ['192.0.2.7/32'] }),
    'c.json': request({ 'target-prefix': ['198.51.100.0/24'] }),
  };
  const files = [
    { path: 'a.json', mid: 12 },
    { path: 'b.json', mid: 15 },
    { path: 'c.json', mid: 16 },
  ];
  const { found, findings } = judge(documents, { files });
  assert.deepEqual(found, [
    ['a.json', 'cross/deleted-request', 'warning', '/scope/0'],
    ['b.json', 'cross/deletes-request', 'information', '/scope/0'],
  ]);
  assert.match(
    findings[0]?.finding.message ?? '',
    /mid 12\) shares 192\.0\.2\.7\/32 with mid 15 in b\.json: the higher mid wins, and the server deletes this one/,
  );
  assert.deepEqual(
    findings[0]?.finding.related?.map(({ file }) => file),
    ['b.json'],
  );
  assert.deepEqual(judge(documents).found, []);
  assert.deepEqual(
    judge(documents, {}).found.map(([, code, severity]) => [code, severity]),
    [
      ['cross/overlapping-requests', 'information'],
      ['cross/overlapping-requests', 'information'],
    ],
  );
  assert.deepEqual(judge(documents, { files: [...files, { path: 'b.json', cuid: 'other' }] }).found, []);
});

test('requests overlap by names too, and through their aliases; not with another trigger', () => {
  const files = [
    { path: 'a.json', mid: 1 },
    { path: 'b.json', mid: 2 },
  ];
  const pair = (a: object, b: object): string[] =>
    judge({ 'a.json': request(a), 'b.json': request(b), 'c.json': aliases('web') }, { files })
      .found.map(([file, code]) => `${file} ${code}`)
      .filter((line) => line.includes('delete'));
  const both = ['a.json cross/deleted-request', 'b.json cross/deletes-request'];
  assert.deepEqual(pair({ 'target-fqdn': ['WWW.example.com'] }, { 'target-fqdn': ['www.example.com'] }), both);
  assert.deepEqual(pair({ 'alias-name': ['web'] }, { 'target-prefix': ['192.0.2.0/24'] }), both);
  assert.deepEqual(
    pair({ 'target-prefix': ['192.0.2.0/24'] }, { 'target-prefix': ['192.0.2.0/24'], 'trigger-mitigation': false }),
    [],
  );
});

test('a request that switches an ACL repeats the targets on purpose', () => {
  const { found } = judge(
    {
      'a.json': request({ 'target-prefix': ['192.0.2.0/24'] }),
      'b.json': request(switches('x')),
      'c.json': acls(acl('x')),
    },
    {
      files: [
        { path: 'a.json', mid: 1 },
        { path: 'b.json', mid: 2 },
      ],
    },
  );
  assert.deepEqual(
    found.map(([file, code, severity]) => [file, code, severity]),
    [
      ['a.json', 'cross/deleted-request', 'information'],
      ['b.json', 'cross/deletes-request', 'information'],
    ],
  );
});

test('two hundred requests that all overlap have one finding each', () => {
  const documents = Object.fromEntries(
    Array.from({ length: 200 }, (_, index) => [`${index}.json`, request({ 'target-prefix': ['192.0.2.0/24'] })]),
  );
  const { found } = judge(documents, { files: Object.keys(documents).map((path, mid) => ({ path, mid })) });
  assert.equal(found.filter(([, code]) => code === 'cross/deleted-request').length, 199);
});
