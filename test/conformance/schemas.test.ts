import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import Ajv from 'ajv';
import { getLanguageService, TextDocument } from 'vscode-json-languageservice';
import { check } from '#dots/check/check';
import { schemas } from '#schemas/index';
import { generate } from '../../schemas/generate';
import { needShared, root } from '../support/shared';

test('the committed schemas are what the generator makes of the YANG modules', (t) => {
  const modules = needShared(t, 'yang');
  if (modules === undefined) return;
  for (const [name, content] of generate(modules)) {
    assert.equal(
      readFileSync(join(root, 'schemas', 'generated', name), 'utf8'),
      content,
      `${name} is stale: run npm run schemas`,
    );
  }
});

test('each generated schema is a JSON Schema (draft-07) on its own, to the letter', () => {
  for (const [kind, schema] of Object.entries(schemas)) {
    const ajv = new Ajv({ strict: true, allowUnionTypes: true }).addVocabulary(['x-yang']);
    assert.equal(ajv.validateSchema(schema), true, `${kind}: ${ajv.errorsText()}`);
    assert.doesNotThrow(() => ajv.compile(schema), kind);
    assert.match(schema.$id ?? '', new RegExp(`:${kind}$`));
  }
});

/** What JSON Schema can say of a document. */
const structural = new Set(['yang/unknown-member', 'yang/missing-member', 'yang/wrong-type', 'yang/invalid-value']);

test('with the generated schemas alone another editor finds fault with the same examples', async () => {
  const examples = readdirSync(join(root, 'examples'))
    .filter((name) => name.endsWith('.dots.json'))
    .map((name) => readFileSync(join(root, 'examples', name), 'utf8'));
  const verdicts = new Set<boolean>();
  for (const text of [
    ...examples,
    '{"ietf-dots-signal-channel:mitigation-scope": {"scope": [{"lifetime": "x", "target-prefx": []}]}}',
  ]) {
    const { type, faults } = check(JSON.parse(text));
    const kind = type?.kind ?? '';
    const json = getLanguageService({});
    json.configure({
      validate: true,
      schemas: [{ uri: `dots://${kind}`, fileMatch: ['*'], schema: schemas[kind] as object }],
    });
    const document = TextDocument.create('file:///document.json', 'json', 1, text);
    const found = await json.doValidation(document, json.parseJSONDocument(document));
    const valid = !faults.some(({ code }) => structural.has(code));
    assert.equal(found.length === 0, valid, `${kind}: ${found.map(({ message }) => message).join(' ')}`);
    verdicts.add(valid);
  }
  assert.equal(verdicts.size, 2);
});
