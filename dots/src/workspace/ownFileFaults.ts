import { closest } from '#dots/check/suggestions';
import { shown } from '#dots/check/typeText';
import type { Fault } from '#dots/model/finding';
import { isObject, type JsonObject, type JsonValue } from '#dots/model/json';
import { child } from '#dots/model/pointer';
import { parsePrefix } from '#dots/model/prefix';
import type { Edit } from '#dots/model/fix';
import { clientsFaults } from './clientsFile';
import { findingCodes } from './findingCodes';
import { ownFault } from './ownFault';
import { configSchemaOf, expected, memberSchema, type ConfigForm, type ConfigSchema } from './ownSchema';

/** Where JSON's values and objects are explained: for members that no RFC knows. */
const jsonValues = '8259 3';
const jsonObjects = '8259 4';

/**
 * Every fault of a file of the product's own by its schema, and of a clients file beyond it, all of class `json`: a
 * file with a fault is not used at all.
 */
export function configFaults(form: ConfigForm, value: JsonValue): Fault[] {
  return [
    ...faultsAt(configSchemaOf(form), value, '', `The ${form} file`),
    ...(form === 'clients' || form === 'policy' ? clientsFaults(value) : []),
  ];
}

function faultsAt(written: ConfigSchema, value: JsonValue, pointer: string, name: string): Fault[] {
  const schema = written.anyOf?.find((each) => fits(each, value)) ?? written;
  if (!fits(schema, value)) {
    // A file that is not an object is another file, perhaps a private key: it is not quoted.
    const found = pointer === '' ? '' : `; it is ${shown(value)}`;
    const message = `${name} must be ${expected(schema)}${found}.`;
    const near = typeof value === 'string' ? closest(value, schema.enum ?? []) : undefined;
    return [
      {
        ...ownFault('config-value', pointer, schema['x-rfc'] ?? jsonValues, message),
        ...nearFix(near, pointer, false),
      },
    ];
  }
  if (schema['x-known'] === 'codes' && typeof value === 'string') return codeFaults(value, pointer, false);
  if (Array.isArray(value))
    return value.flatMap((item, index) => faultsAt(schema.items as ConfigSchema, item, child(pointer, index), name));
  return isObject(value) ? objectFaults(schema, value, pointer) : [];
}

function objectFaults(schema: ConfigSchema, value: JsonObject, pointer: string): Fault[] {
  const missing = (schema.required ?? []).filter((name) => !Object.hasOwn(value, name));
  return [
    ...missing.map((name) =>
      ownFault(
        'config-missing',
        pointer,
        schema.properties?.[name]?.['x-rfc'] ?? jsonObjects,
        `"${name}" is missing in this entry.`,
      ),
    ),
    ...memberNumberFaults(schema, value, pointer),
    ...alternativeFaults(schema, value, pointer),
    ...dependencyFaults(schema, value, pointer),
    ...Object.entries(value).flatMap(([name, item]) => {
      const member = memberSchema(schema, name);
      const known = schema.properties !== undefined && Object.hasOwn(schema.properties, name);
      if (member === undefined || (!known && !namesFit(schema, name))) return [unknown(schema, name, pointer)];
      if (schema['x-known'] === 'codes')
        return [
          ...codeFaults(name, child(pointer, name), true),
          ...faultsAt(member, item, child(pointer, name), `"${name}"`),
        ];
      return faultsAt(member, item, child(pointer, name), `"${name}"`);
    }),
  ];
}

function memberNumberFaults(schema: ConfigSchema, value: JsonObject, pointer: string): Fault[] {
  if (schema['x-one-member'] !== true || Object.keys(value).length === 1) return [];
  const names = Object.keys(schema.properties ?? {}).map((name) => `"${name}"`);
  const message = `This entry must have exactly one member: ${names.slice(0, -1).join(', ')} or ${names.at(-1) ?? ''}.`;
  return [ownFault('config-missing', pointer, schema['x-rfc'] ?? jsonObjects, message)];
}

/** Of some members exactly one has to be there. */
function alternativeFaults({ oneOf, 'x-rfc': rfc }: ConfigSchema, value: JsonObject, pointer: string): Fault[] {
  const names = (oneOf ?? []).map(({ required: [name] }) => name);
  if (names.length === 0 || names.filter((name) => Object.hasOwn(value, name)).length === 1) return [];
  const message = `This entry must have exactly one of ${names.map((name) => `"${name}"`).join(' and ')}.`;
  return [ownFault('config-missing', pointer, rfc ?? jsonObjects, message)];
}

/** A member that is of no use without another one. */
function dependencyFaults(
  { dependencies = {}, properties }: ConfigSchema,
  value: JsonObject,
  pointer: string,
): Fault[] {
  return Object.entries(dependencies).flatMap(([name, needed]) =>
    needed
      .filter((other) => Object.hasOwn(value, name) && !Object.hasOwn(value, other))
      .map((other) => ({
        ...ownFault(
          'config-missing',
          child(pointer, name),
          properties?.[name]?.['x-rfc'] ?? jsonObjects,
          `"${name}" has no effect without "${other}": add that, or remove "${name}".`,
        ),
        atName: true,
      })),
  );
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
  const fault = ownFault('config-member', child(pointer, name), jsonObjects, `"${name}" is not known here: ${advice}`);
  return { ...fault, atName: true, ...nearFix(near, fault.pointer, true) };
}

/** A code that no finding has: an entry for it would be without effect, and nothing would say so. */
function codeFaults(code: string, pointer: string, atName: boolean): Fault[] {
  if (findingCodes.includes(code)) return [];
  const near = closest(code, findingCodes);
  const advice = near === undefined ? 'docs/findings.md lists all codes.' : `did you mean "${near}"?`;
  const fault = ownFault('config-value', pointer, jsonValues, `No finding has the code "${code}": ${advice}`);
  return [{ ...fault, ...(atName && { atName }), ...nearFix(near, pointer, atName) }];
}

/** The fix that writes what was probably meant, where that is known. */
function nearFix(near: string | undefined, pointer: string, atName: boolean): Pick<Fault, 'fixes'> {
  if (near === undefined) return {};
  const edit: Edit = atName ? { op: 'rename', pointer, name: near } : { op: 'replace', pointer, value: near };
  return { fixes: [{ title: `Write "${near}"`, edits: [edit], keepsMeaning: false }] };
}

function fits(schema: ConfigSchema, value: JsonValue): boolean {
  switch (schema.type) {
    case 'object':
      return isObject(value);
    case 'array':
      return Array.isArray(value) && isWithin(value.length, schema.minItems, schema.maxItems);
    case 'boolean':
      return typeof value === 'boolean';
    case 'number':
      return typeof value === 'number' && isWithin(value, schema.minimum, schema.maximum);
    case 'integer':
      return Number.isInteger(value) && isWithin(value as number, schema.minimum, schema.maximum);
    case 'string':
      return typeof value === 'string' && textFits(schema, value);
    default:
      return (schema.anyOf ?? []).some((each) => fits(each, value));
  }
}

const isWithin = (value: number, minimum = -Infinity, maximum = Infinity): boolean =>
  value >= minimum && value <= maximum;

function textFits(schema: ConfigSchema, text: string): boolean {
  return (
    text.length >= (schema.minLength ?? 0) &&
    schema.enum?.includes(text) !== false &&
    (schema.pattern === undefined || new RegExp(schema.pattern).test(text)) &&
    (schema.format === undefined || parsePrefix(text) !== undefined)
  );
}
