/** Strings, in which a quotation mark may be escaped, and what structures a JSON text. */
const tokens = /"(?:[^"\\]|\\.)*"|[{}[\],:]/gs;

/**
 * The first name that occurs twice in an object of a JSON text; undefined where there is none. Receivers differ in the
 * value that they use then (RFC 8259 section 4).
 * @param text valid JSON
 */
export function duplicateMember(text: string): string | undefined {
  const objects: Set<string>[] = [];
  let last = '';
  for (const [token] of text.matchAll(tokens)) {
    if (token === '{' || token === '[') objects.push(new Set());
    else if (token === '}' || token === ']') objects.pop();
    else if (token === ':') {
      const names = objects.at(-1) ?? new Set();
      const name = JSON.parse(last) as string;
      if (names.has(name)) return name;
      names.add(name);
    }
    last = token;
  }
  return undefined;
}
