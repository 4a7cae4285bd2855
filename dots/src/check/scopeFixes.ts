import type { Fix } from '../model/fix';
import { isObject, itemsOf, type JsonObject, type JsonValue } from '../model/json';
import { at, child, parent, tokens } from '../model/pointer';
import { overlappingScopes, selectors } from '../model/sharedTargets';
import { aclsOfScopes } from './scopeAcl';

/**
 * The ways out of a request with several scopes (RFC 9132 section 4.4.1.1). Disjoint ones become requests of their own;
 * of two that overlap the second would delete the first (section 4.4.1.3), so that they can only be merged,
 * or filtered by an ACL.
 */
export function scopeFixes(document: JsonValue, pointer: string): Fix[] {
  const list = Array.isArray(at(document, pointer)) ? pointer : parent(pointer);
  const scopes = itemsOf(at(document, list)).filter(isObject);
  if (scopes.length < 2) return sampleScope(list);
  const first = scopes[0] as JsonObject;
  const keepFirst: Fix = {
    title: 'Keep the first scope only',
    edits: [{ op: 'replace', pointer: list, value: [first] }],
    keepsMeaning: false,
  };
  if (!overlappingScopes(scopes)) return [split(list, scopes), keepFirst];
  return [merged(list, scopes), ...filtered(keepFirst, scopes), keepFirst];
}

/** An ACL that acts while the first scope is mitigated, and drops what the others name. */
function filtered(keepFirst: Fix, [, ...others]: readonly JsonObject[]): Fix[] {
  const acls = aclsOfScopes(others, 'activate-when-mitigating');
  if (acls === undefined) return [];
  return [{ ...keepFirst, title: 'Keep the first scope, and drop what the others name by an ACL', documents: [acls] }];
}

function sampleScope(list: string): Fix[] {
  const value = [{ 'target-prefix': ['192.0.2.0/24'], lifetime: 3600 }];
  return [{ title: 'Write a scope', edits: [{ op: 'replace', pointer: list, value }], keepsMeaning: false }];
}

function split(list: string, [first, ...others]: readonly JsonObject[]): Fix {
  const [top = ''] = tokens(list);
  return {
    title: `Write one request for each scope, in ${others.length + 1} files`,
    edits: [{ op: 'replace', pointer: list, value: [first as JsonObject] }],
    keepsMeaning: false,
    documents: others.map((scope) => ({ [top]: { scope: [scope] } })),
  };
}

const isTarget = (name: string): boolean => selectors.some((selector) => selector === name);

/** One scope with the values of all; the title says which traffic it then has that no scope had before. */
function merged(list: string, scopes: readonly JsonObject[]): Fix {
  const names = [...new Set(scopes.flatMap((scope) => Object.keys(scope)))];
  const differing = names.filter((name) => new Set(scopes.map((scope) => JSON.stringify(scope[name]))).size > 1);
  const value = Object.fromEntries(
    names.flatMap((name): [string, JsonValue][] => {
      const union = unionOf(
        scopes.map((scope) => scope[name]),
        isTarget(name),
      );
      return union === undefined ? [] : [[name, union]];
    }),
  );
  const widens = differing.filter((name) => name !== 'lifetime');
  const effect = widens.length < 2 ? '' : `: widens to every combination of ${widens.join(' and ')}`;
  const whole = widens.filter((name) => !Object.hasOwn(value, name));
  const unlimited = whole.length === 0 ? '' : `, without a limit of ${whole.join(' and ')}`;
  return {
    title: `Merge into one scope${effect}${unlimited}`,
    edits: [{ op: 'replace', pointer: child(parent(list), 'scope'), value: [value] }],
    keepsMeaning: false,
  };
}

/**
 * The values of a member of several scopes: of lists all entries, otherwise the largest number or the first value.
 * Where a scope does not have a list that limits it, it is not limited by it, and neither is the merged one.
 */
function unionOf(values: readonly (JsonValue | undefined)[], isTarget: boolean): JsonValue | undefined {
  const present = values.filter((value) => value !== undefined);
  if (present.every(Array.isArray)) {
    if (present.length < values.length && !isTarget) return undefined;
    return [...new Map(present.flat().map((entry) => [JSON.stringify(entry), entry])).values()];
  }
  if (present.includes(-1)) return -1;
  return present.every((value) => typeof value === 'number') ? Math.max(...present) : present[0];
}
