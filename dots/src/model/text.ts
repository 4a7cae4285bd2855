/** Untrusted text, made harmless for terminals, logs and documents. */

/** What moves a cursor, hides, reorders or breaks a line, and halves of characters. */
const harmful = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]+/gu;
const harmfulInJson = /(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;
/** In names, what is invisible counts as well, but not what selects one form of the character before it. */
const harmfulInName = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]|(?!\p{Variation_Selector})\p{Default_Ignorable_Code_Point}/gu;

/**
 * Foreign text as a part of one line of a terminal, a log or a document: at most `longest` UTF-16 units, without
 * control characters and bidi marks.
 */
export function oneLine(text: string, longest = Infinity): string {
  return text.slice(0, longest).replace(harmful, ' ').trim();
}

/**
 * A foreign name, path or value as a part of one line of a terminal, a log, a label or a document. What moves a cursor,
 * hides, reorders or breaks a line is shown as an escape, such as `\u001b`: nothing is lost, and different names stay
 * different.
 */
export function printable(name: string): string {
  return name.replace(harmfulInName, escaped);
}

/**
 * JSON whose strings can be shown anywhere: what `oneLine` would drop is escaped, so the value is unchanged. `indent`
 * as for JSON.stringify.
 */
export function safeJson(value: unknown, indent?: number): string {
  return JSON.stringify(value, null, indent).replace(harmfulInJson, escaped);
}

function escaped(character: string): string {
  return Array.from(
    { length: character.length },
    (_, unit) => `\\u${character.charCodeAt(unit).toString(16).padStart(4, '0')}`,
  ).join('');
}
