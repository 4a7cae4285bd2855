import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { translate } from '#dots/flowspec/translate';
import type { JsonObject } from '#dots/model/json';
import { root } from '../../../support/shared';
import { flowspecText } from '../../../../client/src/ui/flowspecText';
import { liveNames } from '../../../../client/src/ui/sourceNames';
import { noFlowspecText } from '../../../../client/src/ui/noFlowspecText';
import { placeWords } from '../../../../client/src/ui/pointerText';

function previewOf(file: string, ...others: string[]): string {
  const inputs = [file, ...others].map((name) => ({
    file: name,
    value: JSON.parse(readFileSync(join(root, 'examples', name), 'utf8')) as JsonObject,
  }));
  return flowspecText({ document: file, inputs, ...translate(inputs) });
}

test('the rules of an ACL: table, findings, ExaBGP text, octets, in this order', () => {
  const text = previewOf('amplification-acl.dots.json');
  const order = [
    '# Flowspec of amplification-acl.dots.json',
    '6 rules',
    'accept',
    'src port 11211',
    '# ExaBGP',
    'source 198.51.100.53/32;',
    '# NLRI',
    'ipv4 ',
  ];
  const places = order.map((part) => text.indexOf(part));
  assert.ok(!places.includes(-1), `${order[places.indexOf(-1)] ?? ''}\n${text}`);
  assert.deepEqual(
    places,
    [...places].sort((a, b) => a - b),
  );
});

test('a finding about several places is shown once, with each place', () => {
  const text = previewOf('amplification-acl.dots.json');
  const sentences = text.split('\n').filter((line) => line.startsWith('hint: '));
  assert.equal(new Set(sentences).size, sentences.length);
  assert.match(text, /\n {2}at amplification-drop > drop-dns-amplification\n/);
});

test('rules of an ACL in another file are named as such', () => {
  const both = previewOf('filter-control.dots.json', 'amplification-acl.dots.json');
  assert.match(both, /# +Action +Source +Match\n/);
  assert.match(both, /accept +amplification-acl +dst/);
});

test('rules in force are named by what they come from; the client only where there are several', () => {
  const [one, two] = [liveNames(['client a', 'mitigation 7 of a']), liveNames(['client a', 'mitigation 7 of b'])];
  assert.deepEqual(
    ['client a', 'mitigation 7 of a'].map((file) => [one.short(file), one.long(file)]),
    [
      ['ACL', ''],
      ['mitigation', 'mitigation 7'],
    ],
  );
  assert.deepEqual(
    ['client a', 'mitigation 7 of b'].map((file) => two.long(file)),
    ['client a', 'mitigation 7 of b'],
  );
});

test('a document without rules says so', () => {
  const text = previewOf('aliases.dots.json');
  assert.match(text, /No rule: /);
  assert.doesNotMatch(text, /# ExaBGP/);
  assert.match(noFlowspecText('a.dots.json', 'It is not JSON.'), /^# Flowspec of a\.dots\.json\n\nIt is not JSON\.\n$/);
});

test('places in words', () => {
  const document = { acl: [{ name: 'a', ace: [{ matches: { ttl: 1 } }] }] };
  assert.deepEqual(placeWords(document, '/acl/0/ace/0/matches/ttl'), ['a', 'ace 1', 'ttl']);
  assert.deepEqual(placeWords(document, ''), []);
  assert.deepEqual(placeWords(undefined, '/scope'), ['scope']);
});
