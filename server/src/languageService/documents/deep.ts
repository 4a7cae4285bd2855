import { maximumDepth } from './inspect';

/** Shorter texts are read quickly, however deep. */
const long = 1 << 20;
/** The size and the number of the samples of a text. */
const sample = 2048;
const samples = 128;

/**
 * Whether a text may be nested so deep over so great a part of it that `JSON.parse` would take gigabytes: in some place
 * far more brackets open than close. Takes samples of the text only; true means: count the depth before reading.
 */
export function looksDeep(text: string): boolean {
  if (text.length < long) return false;
  const step = Math.floor(text.length / samples);
  for (let from = 0; from < text.length; from += step) if (rise(text, from) > maximumDepth) return true;
  return false;
}

/** How much deeper a text is after a sample than before it, brackets in strings counted too. */
function rise(text: string, from: number): number {
  let depth = 0;
  for (let at = from; at < from + sample && at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x5b || code === 0x7b) depth += 1;
    else if (code === 0x5d || code === 0x7d) depth -= 1;
  }
  return depth;
}
