import { isObject, type JsonValue } from '#dots/model/json';

/** Whether two scopes ask for the same: the order of members, and of the entries of a list, says nothing. */
export function sameContent(one: JsonValue, other: JsonValue): boolean {
  return canonical(one) === canonical(other);
}

function canonical(value: JsonValue): string {
  if (Array.isArray(value)) return `[${value.map(canonical).sort().join()}]`;
  if (!isObject(value)) return JSON.stringify(value);
  return `{${Object.keys(value).sort().map((member) => `${JSON.stringify(member)}:${canonical(value[member] ?? null)}`).join()}}`;
}
