import { isObject, itemsOf, type JsonObject, type JsonValue } from '#dots/model/json';

/** The entries of a mitigation document: of a request, or of the body of an answer. */
export function scopesOf(body: JsonObject | undefined): JsonValue[] {
  const [content] = Object.values(body ?? {});
  return isObject(content) ? itemsOf(content.scope) : [];
}

/** The lifetime in the first scope of a mitigation document, seconds; -1 is without end. */
export function lifetimeOf(body: JsonObject | undefined): number | undefined {
  const [scope] = scopesOf(body);
  return isObject(scope) && typeof scope.lifetime === 'number' ? scope.lifetime : undefined;
}

/** The lifetime that was granted, and beside it the one asked for where that is another. */
export function grantedWords(granted: number, asked: number | undefined): string {
  const words = lifetimeWords(granted);
  if (asked === undefined || asked === granted) return words;
  return `${words} (asked for ${asked === -1 ? '-1, no end' : `${asked} seconds`})`;
}

/** A lifetime for a person. */
export function lifetimeWords(seconds: number): string {
  return seconds === -1 ? 'without end, until it is withdrawn' : `${seconds} seconds`;
}
