import assert from 'node:assert/strict';
import { schemas } from '#schemas/index';
import { test } from 'node:test';
import type { JsonObject } from '#dots/model/json';
import { conflictSentences } from '#dots/words/conflicts';
import { endWords, mitigationStatusWords } from '#dots/words/mitigationStatuses';
import { count, duration, lifetime, longDuration, plural, traffic } from '#dots/words/quantities';
import { shortSessionWords } from '#dots/words/sessions';
import { codeWords } from '#dots/words/codes';
import { facts, hexRows, indented, sections } from '../../../client/src/ui/textLayout';
import { documentName } from '../../../client/src/ui/documentName';

test('a duration reads in its two largest units', () => {
  const cases: [number, string][] = [
    [-5, '0 s'],
    [0, '0 s'],
    [59.9, '59 s'],
    [60, '1 min'],
    [3599, '59 min 59 s'],
    [3600, '1 h'],
    [5400, '1 h 30 min'],
    [3601, '1 h'],
    [90_000, '1 d 1 h'],
  ];
  for (const [seconds, words] of cases) assert.equal(duration(seconds), words);
  assert.deepEqual(
    [longDuration(5400), longDuration(1), longDuration(90_000)],
    ['1 hour 30 minutes', '1 second', '1 day 1 hour'],
  );
});

test('a lifetime says its seconds, and -1 is indefinite', () => {
  assert.equal(lifetime(3600), '3600 s (1 h)');
  assert.equal(lifetime(30), '30 s');
  assert.equal(lifetime(-1), 'indefinite (-1)');
});

test('counts and traffic keep three digits', () => {
  const counts: [number, string][] = [
    [0, '0'],
    [999, '999'],
    [1000, '1 k'],
    [43_344, '43.3 k'],
    [432_432, '432 k'],
    [1e12, '1 T'],
  ];
  for (const [value, words] of counts) assert.equal(count(value), words);
  assert.equal(traffic(812), '812 B');
  assert.equal(traffic(134_334_555), '134 MB');
});

test('names and numbers of things', () => {
  assert.equal(plural(1, 'error'), '1 error');
  assert.equal(plural(0, 'rule'), '0 rules');
  assert.equal(documentName('/a/offload-request.dots.json'), 'offload-request');
  assert.equal(documentName('/a/b.dots.jsonc'), 'b');
  assert.equal(documentName('Untitled-1'), 'Untitled-1');
});

test('every code has words, also one that no RFC lists', () => {
  assert.equal(codeWords('2.01').name, 'Created');
  assert.equal(codeWords('4.29').name, 'Too Many Requests');
  assert.equal(codeWords('4.12').name, 'Precondition Failed');
  assert.equal(codeWords('4.99').name, 'Client Error');
  assert.equal(codeWords('7.77').name, 'Unknown Code');
});

test('the layout of read-only documents', () => {
  assert.equal(
    facts([
      ['mid', '1'],
      ['cuid', undefined],
      ['Server', 'x'],
    ]),
    'mid     1\nServer  x',
  );
  assert.equal(
    hexRows(Uint8Array.from({ length: 18 }, (_, i) => i)),
    '0000  00 01 02 03 04 05 06 07  08 09 0a 0b 0c 0d 0e 0f\n0010  10 11',
  );
  assert.equal(indented('a\n\nb'), '  a\n\n  b');
  assert.equal(sections('a', undefined, '', 'b'), 'a\n\nb\n');
});

/** The labels of the enumeration that a leaf of a mitigation scope has, by the schema made from the YANG modules. */
function labelsOf(definition: string): string[] {
  const { definitions } = schemas['mitigation-scope'] as { definitions: Record<string, { enum?: string[] }> };
  return definitions[definition]?.enum ?? [];
}

test('every status of a mitigation that YANG defines has words of its own', () => {
  const labels = labelsOf('iana-dots-signal-channel:status').filter((label) => /^[a-z-]+$/.test(label));
  assert.equal(labels.length, 8);
  for (const label of labels) assert.notEqual(mitigationStatusWords(label).short, label);
  assert.equal(mitigationStatusWords('unknown-status').short, 'unknown-status');
});

test('every cause and status of a conflict that YANG defines is put into words', () => {
  const labels = ['iana-dots-signal-channel:conflict-cause', 'iana-dots-signal-channel:conflict-status'].map(labelsOf);
  for (const [index, member] of ['conflict-cause', 'conflict-status'].entries())
    for (const label of labels[index] ?? []) {
      const [sentence] = conflictSentences([{ 'conflict-information': { [member]: label } }]);
      assert.ok(!sentence?.includes(label), `no words for ${member} ${label}`);
    }
  assert.ok(labels.every((all) => all.length > 0));
});

test('every cause of a conflict has a next step of its own; a request that is in force needs none', () => {
  const next = (conflict: JsonObject): string =>
    conflictSentences([{ 'conflict-information': conflict }])[0]?.replace(/^.*?\. /, '') ?? '';
  const labels = labelsOf('iana-dots-signal-channel:conflict-cause');
  const steps = labels.map((label) => next({ 'conflict-cause': label }));
  assert.equal(new Set(steps).size, labels.length);
  for (const step of [...steps, next({}), next({ 'conflict-cause': 'unknown' })]) assert.match(step, /^[A-Z].*\.$/);
  const own = next({ 'conflict-cause': 'overlapping-targets', 'conflict-scope': { mid: 12 } });
  assert.match(own, /^Withdraw that request first, or send this one with a higher mid/);
  assert.match(
    next({ 'conflict-cause': 'overlapping-targets', 'conflict-status': 'request-active' }),
    /^Nothing to do/,
  );
});

test('why a mitigation has ended, and the state of a session for a row', () => {
  assert.equal(endWords('dots-client-withdrawn-mitigation', 30), 'withdrawn');
  assert.equal(endWords('attack-successfully-mitigated', 0), 'lifetime over');
  assert.equal(endWords('attack-successfully-mitigated', -1), 'ended by the server');
  const none = { security: undefined, heardMs: undefined, roundTripMs: undefined, nextAttemptMs: undefined };
  const known = { ...none, stateMs: 40_000, error: new Error('The certificate has expired.') };
  assert.equal(shortSessionWords({ ...known, state: 'not-responding' }), 'not responding for 40 s');
  assert.equal(shortSessionWords({ ...known, state: 'never-reached' }), 'never reached');
  assert.equal(shortSessionWords({ ...known, state: 'refused' }), 'refused: The certificate has expired.');
});
