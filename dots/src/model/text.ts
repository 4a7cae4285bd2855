/** Text for people: what strangers wrote is made harmless, numbers are put into words. */

/** What moves a cursor, hides, reorders or breaks a line, and halves of characters. */
const harmful = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]+/gu;
const harmfulInJson = /(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;
const harmfulInName = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/** Foreign text as a part of one line of a terminal, a log or a document: at most `longest` UTF-16 units, without control characters and bidi marks. */
export function oneLine(text: string, longest = Infinity): string {
  return text.slice(0, longest).replace(harmful, ' ').trim();
}

/**
 * A foreign name, path or value as a part of one line of a terminal, a log, a label or a document. What moves a cursor, hides, reorders or
 * breaks a line is shown as an escape, such as `\u001b`: nothing is lost, and different names stay different.
 */
export function printable(name: string): string {
  return name.replace(harmfulInName, escaped);
}

/** JSON whose strings can be shown anywhere: what `oneLine` would drop is escaped, so the value stays the same. `indent` as for JSON.stringify. */
export function safeJson(value: unknown, indent?: number): string {
  return JSON.stringify(value, null, indent).replace(harmfulInJson, escaped);
}

function escaped(character: string): string {
  return Array.from(
    { length: character.length },
    (_, unit) => `\\u${character.charCodeAt(unit).toString(16).padStart(4, '0')}`,
  ).join('');
}

const timeUnits = [
  [86_400, 'd', 'day'],
  [3600, 'h', 'hour'],
  [60, 'min', 'minute'],
  [1, 's', 'second'],
] as const;

/** The two largest units of a number of seconds, each with how many of it there are; empty below one second. */
function largestUnits(seconds: number): { count: number; short: string; long: string }[] {
  const whole = Math.max(0, Math.floor(seconds));
  const first = timeUnits.findIndex(([size]) => whole >= size);
  const units = first < 0 ? [] : timeUnits.slice(first, first + 2);
  return units
    .map(([size, short, long], index) => ({
      count: Math.floor((index === 0 ? whole : whole % (units[0]?.[0] ?? 1)) / size),
      short,
      long,
    }))
    .filter(({ count }) => count > 0);
}

/** A number of seconds in its two largest units: `1 h 30 min`, `59 s`. Below zero it reads as 0 s. */
export function duration(seconds: number): string {
  return (
    largestUnits(seconds)
      .map(({ count, short }) => `${count} ${short}`)
      .join(' ') || '0 s'
  );
}

/** The same in whole words: `1 hour 30 minutes`. */
export function longDuration(seconds: number): string {
  return (
    largestUnits(seconds)
      .map(({ count, long }) => plural(count, long))
      .join(' ') || '0 seconds'
  );
}

/** `1 rule`, `2 rules`. */
export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
