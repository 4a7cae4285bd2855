import { isObject, type JsonValue } from '#dots/model/json';
import { tokens } from '#dots/model/pointer';

/**
 * A place in a document in readable form: list entries by their name, or by their number from 1, and the last member;
 * `/ietf-dots-data-channel:acls/acl/0/aces/ace/1/matches/ipv4/ttl` reads `amplification-drop`, `drop-dns`, `ttl`.
 */
export function placeWords(document: JsonValue | undefined, pointer: string): string[] {
  const words: string[] = [];
  let here = document;
  let member: string | undefined;
  for (const token of tokens(pointer)) {
    if (Array.isArray(here)) {
      here = here[Number(token)];
      words.push(nameOf(here) ?? `${member ?? 'entry'} ${Number(token) + 1}`);
      member = undefined;
    } else {
      here = isObject(here) && Object.hasOwn(here, token) ? here[token] : undefined;
      member = token;
    }
  }
  return member === undefined ? words : [...words, member];
}

function nameOf(entry: JsonValue | undefined): string | undefined {
  return isObject(entry) && typeof entry.name === 'string' ? entry.name : undefined;
}
