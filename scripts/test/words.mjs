/** The words of a name or path, in lower case: `unit/flowspec/rawText.test.ts` is unit, flowspec, raw and text. */
const wordsOf = (text) =>
  text
    .replace(/\.test\.ts$/, '')
    .replace(/([a-z0-9])([A-Z])/g, '$1-$2')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter(Boolean);

/**
 * Whether what someone typed names a test file: each of its words begins a word of the path, in the same order.
 * `flowspec-acl` names test/unit/flowspec/documents/acl.test.ts; so does `unit-flow-doc-acl`, and the path itself.
 */
export function names(typed, path) {
  const parts = wordsOf(path);
  let from = 0;
  return wordsOf(typed).every((word) => {
    const at = parts.findIndex((part, index) => index >= from && part.startsWith(word));
    from = at + 1;
    return at >= 0;
  });
}
