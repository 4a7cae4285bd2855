import { isObject, type JsonValue } from './json';

/** Extends a JSON pointer (RFC 6901) by one member name or array index. */
export function child(pointer: string, token: string | number): string {
  if (typeof token === 'number' || !/[~/]/.test(token)) return `${pointer}/${token}`;
  return `${pointer}/${token.replace(/~/g, '~0').replace(/\//g, '~1')}`;
}

/** The unescaped tokens of a JSON pointer; the whole document is an empty list. */
export function tokens(pointer: string): string[] {
  if (pointer === '') return [];
  return pointer
    .slice(1)
    .split('/')
    .map((token) => token.replace(/~1/g, '/').replace(/~0/g, '~'));
}

/** The pointer of the containing object or array; the whole document is its own parent. */
export function parent(pointer: string): string {
  return pointer.slice(0, Math.max(0, pointer.lastIndexOf('/')));
}

/** The value a pointer leads to, or undefined. */
export function at(value: JsonValue | undefined, pointer: string): JsonValue | undefined {
  let here = value;
  for (const token of tokens(pointer)) {
    if (Array.isArray(here)) here = here[Number(token)];
    else if (isObject(here) && Object.hasOwn(here, token)) here = here[token];
    else return undefined;
  }
  return here;
}
