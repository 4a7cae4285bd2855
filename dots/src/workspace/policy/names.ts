import { closest } from '#dots/check/suggestions';
import type { ConfigSchema, NamesSchema } from '#schemas/config';
import type { Fault } from '#dots/model/finding';
import { isObject, itemsOf, type JsonValue } from '#dots/model/json';
import { child } from '#dots/model/pointer';
import { parsePrefix } from '#dots/model/prefix';
import { configSchemaOf, memberSchema } from '../ownSchema';
import { policyFault } from './fault';

/** The names of the entries of one list of a policy. */
export function definedNames(value: JsonValue | undefined, of: NamesSchema['of']): string[] {
  return itemsOf(isObject(value) ? value[of] : undefined).flatMap((entry) =>
    isObject(entry) && typeof entry.name === 'string' ? [entry.name] : [],
  );
}

const nouns: Readonly<Record<NamesSchema['of'], string>> = { links: 'link', nodes: 'forwarding node', dms: 'DMS' };

/** The names that a policy uses and no entry of it has. */
export function undefinedNames(value: JsonValue): Fault[] {
  const known = {
    links: definedNames(value, 'links'),
    nodes: definedNames(value, 'nodes'),
    dms: definedNames(value, 'dms'),
  };
  const fault = ({ of, also = [], prefixes }: NamesSchema, name: string, pointer: string): Fault[] => {
    const isPrefix = prefixes === true && parsePrefix(name) !== undefined;
    if (known[of].includes(name) || also.includes(name) || isPrefix) return [];
    const near = closest(name, [...known[of], ...also]);
    const advice = near === undefined ? `Add it to "${of}", or name another one.` : `Did you mean "${near}"?`;
    return [policyFault('undefined-name', 'error', pointer, `No ${nouns[of]} is called "${name}". ${advice}`)];
  };
  return [...references(configSchemaOf('policy'), value, '')].flatMap(({ names, name, pointer, atName }) =>
    fault(names, name, pointer).map((each) => (atName ? { ...each, atName } : each)),
  );
}

/** A name that a policy uses, and where. */
interface Reference {
  names: NamesSchema;
  name: string;
  pointer: string;
  /** It is the name of a member. */
  atName: boolean;
}

function* references(schema: ConfigSchema | undefined, value: JsonValue, pointer: string): Generator<Reference> {
  const names = schema?.['x-names'];
  if (names !== undefined && typeof value === 'string') yield { names, name: value, pointer, atName: false };
  if (names !== undefined && isObject(value))
    for (const name of Object.keys(value)) yield { names, name, pointer: child(pointer, name), atName: true };
  if (schema === undefined || typeof value !== 'object' || value === null) return;
  for (const [token, item] of Object.entries(value))
    yield* references(memberSchema(schema, token), item, child(pointer, token));
}

/** Names that two entries of one list have. */
export function doubleNames(value: JsonValue): Fault[] {
  return ['links', 'nodes', 'dms', 'strategies', 'traffic'].flatMap((list) => {
    const seen = new Map<JsonValue | undefined, number>();
    return itemsOf(isObject(value) ? value[list] : undefined).flatMap((entry, index) => {
      const name = isObject(entry) ? entry.name : undefined;
      const first = seen.get(name);
      if (first === undefined) seen.set(name, index);
      if (first === undefined || typeof name !== 'string') return [];
      const message = `The entry at /${list}/${first} is called "${name}" too, so the name is ambiguous. Rename one.`;
      return [policyFault('double-name', 'error', `/${list}/${index}/name`, message)];
    });
  });
}
