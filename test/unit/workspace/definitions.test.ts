import assert from 'node:assert/strict';
import { test } from 'node:test';
import { definingDocuments, namesFor, usesNames } from '#dots/workspace/definitions';
import type { Member } from '#dots/workspace/documentSet';
import { factsOf } from '#dots/workspace/facts';
import type { JsonObject } from '#dots/model/json';

const member = (file: string, value: JsonObject, more: Partial<Member> = {}, cuid?: string): Member => ({
  file,
  facts: factsOf(value),
  certain: true,
  context: { ownPrefixes: [], quirks: [], ...(cuid !== undefined && { cuid }) },
  ...more,
});
const request = (scope: JsonObject): JsonObject => ({
  'ietf-dots-signal-channel:mitigation-scope': { scope: [scope] },
});
const aliases = (...names: string[]): JsonObject => ({
  'ietf-dots-data-channel:aliases': { alias: names.map((name) => ({ name })) },
});
const acls = (...names: string[]): JsonObject => ({
  'ietf-dots-data-channel:acls': { acl: names.map((name) => ({ name })) },
});

const web = request({ 'alias-name': ['web'] });
const drop = request({ 'ietf-dots-signal-control:acl-list': [{ 'acl-name': 'drop' }] });
const defining = (document: Member, others: Member[], sound = true): string[] =>
  definingDocuments({ members: [document, ...others], complete: true }, document, sound).map(({ file }) => file);

test('the documents that define an alias or an ACL which a request names, and no others', () => {
  const others = [member('web', aliases('mail', 'web')), member('mail', aliases('mail')), member('drop', acls('drop'))];
  assert.deepEqual(defining(member('r', web), others), ['web']);
  assert.deepEqual(defining(member('r', drop), others), ['drop']);
  assert.deepEqual(defining(member('r', aliases('web')), others), []);
});

test('aliases that telemetry names', () => {
  const telemetry: JsonObject = {
    'ietf-dots-telemetry:telemetry': { 'pre-or-ongoing-mitigation': [{ target: { 'alias-name': ['web'] } }] },
  };
  assert.deepEqual(defining(member('t', telemetry), [member('web', aliases('web'))]), ['web']);
});

test('a request with an error switches no ACL; its aliases are known all the same', () => {
  const both = request({ 'alias-name': ['web'], 'ietf-dots-signal-control:acl-list': [{ 'acl-name': 'drop' }] });
  const others = [member('web', aliases('web')), member('drop', acls('drop'))];
  assert.deepEqual(defining(member('r', both), others, false), ['web']);
});

test('a document with an error in its text, or of another client, defines nothing', () => {
  assert.deepEqual(defining(member('r', web), [member('web', aliases('web'), { certain: false })]), []);
  assert.deepEqual(defining(member('r', web, {}, 'one'), [member('web', aliases('web'), {}, 'two')]), []);
  assert.deepEqual(defining(member('r', web, {}, 'one'), [member('web', aliases('web'))]), ['web']);
});

test('whether a document names anything, and the names that a client may write', () => {
  assert.ok(usesNames(member('r', web)) && usesNames(member('r', drop)));
  assert.ok(!usesNames(member('r', request({ 'target-prefix': ['192.0.2.0/24'] }))));
  const members = [
    member('a', aliases('web', 'mail')),
    member('b', acls('drop')),
    member('c', aliases('dns'), {}, 'two'),
  ];
  assert.deepEqual(namesFor({ members, complete: true }, 'one'), { aliases: ['mail', 'web'], acls: ['drop'] });
  assert.deepEqual(namesFor({ members, complete: true }, undefined).aliases, ['dns', 'mail', 'web']);
});
