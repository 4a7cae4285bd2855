import { closest } from '#dots/check/suggestions';
import { shown } from '#dots/check/typeText';
import type { Fault } from '#dots/model/finding';
import { isObject, type JsonObject, type JsonValue } from '#dots/model/json';
import { child } from '#dots/model/pointer';
import { parsePrefix } from '#dots/model/prefix';
import { configSchemaOf, expected, memberSchema, type ConfigForm, type ConfigSchema } from './ownSchema';

/** Where JSON's values and objects are explained: for members that no RFC knows. */
const jsonValues = '8259 3';
const jsonObjects = '8259 4';

/**
 * Every fault of a workspace file or profiles file by its schema, all of class `json`: a file with a fault is not used
 * at all.
 */
export function configFaults(form: ConfigForm, value: JsonValue): Fault[] {
  return faultsAt(configSchemaOf(form), value, '', form === 'workspace' ? 'The workspace file' : 'The profiles file');
}

function faultsAt(schema: ConfigSchema, value: JsonValue, pointer: string, name: string): Fault[] {
  if (!fits(schema, value)) {
    // A file that is not an object is another file, perhaps a private key: it is not quoted.
    const found = pointer === '' ? '' : `; it is ${shown(value)}`;
    return [
      fault('config-value', pointer, schema['x-rfc'] ?? jsonValues, `${name} must be ${expected(schema)}${found}.`),
    ];
  }
  if (Array.isArray(value))
    return value.flatMap((item, index) => faultsAt(schema.items as ConfigSchema, item, child(pointer, index), name));
  return isObject(value) ? objectFaults(schema, value, pointer) : [];
}

function objectFaults(schema: ConfigSchema, value: JsonObject, pointer: string): Fault[] {
  const missing = (schema.required ?? []).filter((name) => !Object.hasOwn(value, name));
  return [
    ...missing.map((name) =>
      fault(
        'config-missing',
        pointer,
        schema.properties?.[name]?.['x-rfc'] ?? jsonObjects,
        `"${name}" is missing in this entry.`,
      ),
    ),
    ...Object.entries(value).flatMap(([name, item]) => {
      const member = memberSchema(schema, name);
      const known = schema.properties !== undefined && Object.hasOwn(schema.properties, name);
      if (member === undefined || (!known && !namesFit(schema, name))) return [unknown(schema, name, pointer)];
      return faultsAt(member, item, child(pointer, name), `"${name}"`);
    }),
  ];
}

const namesFit = ({ propertyNames }: ConfigSchema, name: string): boolean =>
  propertyNames === undefined || new RegExp(propertyNames.pattern).test(name);

function unknown(schema: ConfigSchema, name: string, pointer: string): Fault {
  const members = Object.keys(schema.properties ?? {});
  const near = closest(name, members);
  const advice =
    near === undefined
      ? `the members here are ${schema['x-expected-names'] ?? members.map((member) => `"${member}"`).join(', ')}.`
      : `did you mean "${near}"?`;
  return {
    ...fault('config-member', child(pointer, name), jsonObjects, `"${name}" is not known here: ${advice}`),
    atName: true,
  };
}

function fits(schema: ConfigSchema, value: JsonValue): boolean {
  switch (schema.type) {
    case 'object':
      return isObject(value);
    case 'array':
      return Array.isArray(value);
    case 'boolean':
      return typeof value === 'boolean';
    case 'integer':
      return (
        Number.isInteger(value) &&
        (value as number) >= (schema.minimum ?? -Infinity) &&
        (value as number) <= (schema.maximum ?? Infinity)
      );
    case 'string':
      return typeof value === 'string' && textFits(schema, value);
  }
}

function textFits(schema: ConfigSchema, text: string): boolean {
  return (
    text.length >= (schema.minLength ?? 0) &&
    schema.enum?.includes(text) !== false &&
    (schema.pattern === undefined || new RegExp(schema.pattern).test(text)) &&
    (schema.format === undefined || parsePrefix(text) !== undefined)
  );
}

const fault = (code: string, pointer: string, rfc: string, message: string): Fault => ({
  code: `json/${code}`,
  class: 'json',
  severity: 'error',
  pointer,
  rfc,
  message,
});
