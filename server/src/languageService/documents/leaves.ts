import type { Span } from './problem';
import { Tokens } from './tokens';

/** A string or literal of a text that is a value, and the tokens of its pointer. */
export interface Leaf {
  path: readonly string[];
  span: Span;
  isString: boolean;
}

interface Frame {
  array: boolean;
  token: string;
  index: number;
}

/** The leaves of a text between two offsets, in text order; one pass up to the second offset. Never recurses. */
export function* leaves(text: string, { start, end }: Span): Generator<Leaf> {
  const tokens = new Tokens(text);
  const frames: Frame[] = [];
  for (let kind = tokens.next(); kind !== 'end' && tokens.start < end; kind = tokens.next()) {
    const top = frames[frames.length - 1];
    if (kind === '}' || kind === ']') frames.pop();
    if (kind === '}' || kind === ']' || kind === ',' || kind === ':') continue;
    const isName = kind === 'string' && top?.array === false && tokens.isName();
    if (isName) top.token = tokens.stringValue();
    else if (top?.array === true) top.index += 1;
    if (kind === '{' || kind === '[') frames.push({ array: kind === '[', token: '', index: -1 });
    else if (!isName && tokens.end > start)
      yield {
        path: frames.map(({ array, token, index }) => (array ? String(index) : token)),
        span: { start: tokens.start, end: tokens.end },
        isString: kind === 'string',
      };
  }
}
