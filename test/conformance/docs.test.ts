import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { memberDoc, valueDoc, type Doc, type Docs, type ModuleDocs } from '#dots/model/docs';
import { documentTypes } from '#dots/model/documents';
import { resolve, schemaOf, type SchemaNode, type YangType } from '#dots/model/schema';
import { root, sharedPath } from '../support/shared';

const folder = join(root, 'schemas', 'docs');
const docs: Docs = Object.fromEntries(
  readdirSync(folder)
    .filter((file) => file.endsWith('.json'))
    .map((file) => [file.replace(/\.json$/, ''), JSON.parse(readFileSync(join(folder, file), 'utf8')) as ModuleDocs]),
);

interface Member {
  tokens: string[];
  module: string;
  type?: YangType;
}

/** Every member of a schema, with the pointer tokens that lead to it. */
function membersOf(schema: SchemaNode, node: SchemaNode, tokens: string[] = []): Member[] {
  const here = resolve(schema, node);
  const below = here.items === undefined ? [] : membersOf(schema, here.items, [...tokens, '0']);
  return [
    ...below,
    ...Object.entries(here.properties ?? {}).flatMap(([name, member]) => {
      const path = [...tokens, name];
      const yang = resolve(schema, member)['x-yang'];
      return [
        { tokens: path, module: yang?.module ?? '', ...(yang?.type === undefined ? {} : { type: yang.type }) },
        ...membersOf(schema, member, path),
      ];
    }),
  ];
}

/** The labels, bits and identities that a type allows. */
function valuesOf(type: YangType): string[] {
  return [
    ...Object.keys(type.enums ?? {}),
    ...(type.bits ?? []),
    ...(type.identities ?? []),
    ...(type.members ?? []).flatMap(valuesOf),
  ];
}

const members = documentTypes.flatMap(({ kind }) => membersOf(schemaOf(kind), schemaOf(kind)));
const isDefined = (doc: Doc | undefined): doc is Doc => doc !== undefined;
const entries: Doc[] = Object.values(docs).flatMap((module) => [
  ...Object.values(module.members),
  ...Object.values(module.values).flatMap((group) => Object.values(group)),
]);

test('every member of every kind of document has a text', () => {
  const silent = members.filter(({ module, tokens }) => memberDoc(docs, module, tokens) === undefined);
  assert.deepEqual(
    silent.map(({ tokens }) => tokens.join('/')),
    [],
  );
});

test('every enumeration label, bit and identity has a text', () => {
  const silent = members.flatMap(({ module, tokens, type }) =>
    type === undefined
      ? []
      : valuesOf(type)
          .filter((value) => valueDoc(docs, module, tokens, type, value) === undefined)
          .map((value) => `${tokens.join('/')}=${value}`),
  );
  assert.deepEqual(silent, []);
});

test('every text is of use: some member or value of a schema shows it', () => {
  const shown = new Set(
    members
      .flatMap(({ module, tokens, type }) => [
        memberDoc(docs, module, tokens),
        ...(type === undefined ? [] : valuesOf(type).map((value) => valueDoc(docs, module, tokens, type, value))),
      ])
      .filter(isDefined),
  );
  assert.deepEqual(
    entries.filter((entry) => !shown.has(entry)).map(({ text }) => text),
    [],
  );
});

test('texts are one to three sentences with a reference to an RFC', () => {
  for (const { text, rfc } of entries) {
    assert.match(text, /^[\p{Lu}`"].*\.$/u, text);
    assert.ok(text.length <= 320 && text.split(/[.!?] /).length <= 3, text);
    assert.match(rfc, /^\d{4} [\dA-Z][\d.]*$/, text);
  }
});

test('one name may mean several things: the end of the path decides', () => {
  const text = (...tokens: string[]) => memberDoc(docs, 'ietf-dots-data-channel', tokens)?.text ?? '';
  const ace = ['ietf-dots-data-channel:acls', 'acl', '0', 'aces', 'ace', '1', 'matches'];
  assert.match(text(...ace, 'udp', 'length'), /UDP header/);
  assert.match(text(...ace, 'ipv4', 'length'), /IP header/);
  assert.match(text('ietf-dots-data-channel:capabilities', 'udp', 'length'), /Whether the server/);
  assert.equal(memberDoc(docs, 'ietf-dots-data-channel', ['no-such-member']), undefined);
  assert.equal(memberDoc(docs, 'no-such-module', ['scope']), undefined);
});

test('identities are found with and without their module', () => {
  const type: YangType = { base: 'identityref', identities: ['ietf-access-control-list:drop'] };
  const text = (value: string) => valueDoc(docs, 'ietf-dots-data-channel', ['forwarding'], type, value);
  assert.equal(text('drop'), text('ietf-access-control-list:drop'));
  assert.equal(text('hop'), undefined);
});

test('every section that a text names is in that RFC', (t) => {
  const folderOfRfcs = sharedPath('rfc');
  if (folderOfRfcs === undefined) return t.skip('../shared/rfc is not here');
  const missing = [...new Set(entries.map(({ rfc }) => rfc))].filter((reference) => {
    const [number, section] = reference.split(' ');
    const text = readFileSync(join(folderOfRfcs, `rfc${number ?? ''}.txt`), 'utf8');
    return !text.split('\n').some((line) => line.startsWith(`${section ?? ''}.  `));
  });
  assert.deepEqual(missing, []);
});

/** How many words in a row make a copied phrase. */
const copiedWords = 8;

test('no text repeats a phrase of the RFCs', (t) => {
  const folderOfRfcs = sharedPath('rfc');
  if (folderOfRfcs === undefined) return t.skip('../shared/rfc is not here');
  const words = (text: string) => text.toLowerCase().match(/[a-z0-9-]+/g) ?? [];
  const phrases = (list: string[]) =>
    list
      .slice(0, Math.max(0, list.length - copiedWords + 1))
      .map((_, start) => list.slice(start, start + copiedWords).join(' '));
  const published = new Set(
    readdirSync(folderOfRfcs).flatMap((file) => phrases(words(readFileSync(join(folderOfRfcs, file), 'utf8')))),
  );
  assert.deepEqual(
    entries.filter(({ text }) => phrases(words(text)).some((phrase) => published.has(phrase))).map(({ text }) => text),
    [],
  );
});
