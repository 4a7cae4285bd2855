/** Phrases that are never right in a message or a comment, and what to write instead. */
const phrases = [
  [/\bwhoever\b/i, 'the caller, the user, a client'],
  [/\bheeds?\b/i, 'use, respect'],
  [/\bnobody can tell\b/i, 'is unknown'],
  [/\bin its place\b/i, 'instead'],
  [/\bstands? twice\b/i, 'is repeated'],
  [/\btold\b/i, 'reported, notified, shown'],
];

/** Refuses these phrases in comments and in strings. */
export const wording = {
  meta: { type: 'suggestion', schema: [], messages: { phrase: '"{{phrase}}" is not technical English: {{instead}}.' } },
  create(context) {
    const check = (node, text) => {
      for (const [pattern, instead] of phrases) {
        const phrase = pattern.exec(text)?.[0];
        if (phrase !== undefined) context.report({ loc: node.loc, messageId: 'phrase', data: { phrase, instead } });
      }
    };
    return {
      Program: () => context.sourceCode.getAllComments().forEach((comment) => check(comment, comment.value)),
      Literal: (node) => typeof node.value === 'string' && check(node, node.value),
      TemplateElement: (node) => check(node, node.value.raw),
    };
  },
};
