import { configSchemas, type ConfigSchema } from '#schemas/config';
import type { DocumentForm } from './fileNames';

export type { ConfigSchema } from '#schemas/config';

/** A file of the product's own: everything but a DOTS document. */
export type ConfigForm = Exclude<DocumentForm, 'dots'>;

/** The schema of a file of this form. */
export function configSchemaOf(form: ConfigForm): ConfigSchema {
  return configSchemas[form] as ConfigSchema;
}

/** The schema of the value that a path leads to, or undefined where no schema reaches. */
export function configSchemaAt(form: ConfigForm, path: readonly string[]): ConfigSchema | undefined {
  return path.reduce<ConfigSchema | undefined>(
    (schema, token) => (schema === undefined ? undefined : memberSchema(schema, token)),
    configSchemaOf(form),
  );
}

/** The schema of one member or element, or undefined where there is none. */
export function memberSchema(schema: ConfigSchema, token: string): ConfigSchema | undefined {
  if (schema.anyOf !== undefined) return schema.anyOf.map((each) => memberSchema(each, token)).find(Boolean);
  if (schema.type === 'array') return schema.items;
  if (schema.properties !== undefined && Object.hasOwn(schema.properties, token)) return schema.properties[token];
  return typeof schema.additionalProperties === 'object' ? schema.additionalProperties : undefined;
}

/** What a value must be, for the end of a sentence such as "... must be ...". */
export function expected(schema: ConfigSchema): string {
  if (schema['x-expected'] !== undefined) return schema['x-expected'];
  if (schema.enum !== undefined)
    return `${schema.enum.slice(0, -1).join(', ')} or ${schema.enum[schema.enum.length - 1] ?? ''}`;
  switch (schema.type) {
    case 'object':
      return 'an object, in braces';
    case 'array':
      return schema.minItems === undefined ? 'a list, in brackets' : 'a list, in brackets and not empty';
    case 'boolean':
      return 'true or false, without quotes';
    case 'number':
      return 'a number';
    case 'integer':
      return schema.maximum === undefined
        ? 'a whole number'
        : `a whole number from ${schema.minimum ?? 0} to ${schema.maximum}`;
    case 'string':
      return schema.minLength === undefined ? 'a text, in double quotes' : 'a text, in double quotes and not empty';
    default:
      return (schema.anyOf ?? []).map(expected).join(', or ');
  }
}
