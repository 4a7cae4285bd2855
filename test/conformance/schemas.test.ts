import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import Ajv from 'ajv';
import { schemas } from '#schemas/index';
import { generate } from '../../schemas/generate';
import { needShared, root } from '../support/shared';

test('the committed schemas are what the generator makes of the YANG modules', (t) => {
  const modules = needShared(t, 'yang');
  if (modules === undefined) return;
  for (const [name, content] of generate(modules)) {
    assert.equal(readFileSync(join(root, 'schemas', 'generated', name), 'utf8'), content, `${name} is stale: run npm run schemas`);
  }
});

test('each generated schema is a JSON Schema (draft-07) on its own', () => {
  for (const [kind, schema] of Object.entries(schemas)) {
    const ajv = new Ajv({ strict: false });
    assert.equal(ajv.validateSchema(schema), true, `${kind}: ${ajv.errorsText()}`);
    assert.match(schema.$id ?? '', new RegExp(`:${kind}$`));
  }
});
