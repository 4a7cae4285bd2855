import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { root } from './shared';

interface OutputSchema {
  definitions: Record<string, object>;
}

const schema = JSON.parse(readFileSync(join(root, 'schemas/output.json'), 'utf8')) as OutputSchema;
const ajv = new Ajv({ allErrors: true, allowUnionTypes: true });
ajv.addSchema(schema, 'output');

/** Fails unless a value has one of the published forms of `--format json` (schemas/output.json). */
export function checkOutput(definition: string, value: unknown): void {
  const validate = ajv.getSchema(`output#/definitions/${definition}`);
  assert.ok(validate !== undefined, `schemas/output.json has no ${definition}`);
  assert.ok(validate(value), `${JSON.stringify(validate.errors, null, 1)} in ${JSON.stringify(value, null, 1)}`);
}
