import { SchemaError } from './error';

/** One YANG statement (RFC 7950 section 6.3): keyword, argument, substatements. */
export interface Statement {
  keyword: string;
  argument: string;
  children: Statement[];
  line: number;
}

interface Token {
  text: string;
  quoted: boolean;
  line: number;
}

const skipped = /(?:\s+|\/\/[^\n]*|\/\*[\s\S]*?\*\/)+/y;
const unquoted = /(?:(?!\/\/|\/\*)[^\s;{}"'])+/y;
const single = /'([^']*)'/y;
const double = /"((?:[^"\\]|\\[\s\S])*)"/y;
const escapes: Record<string, string> = { n: '\n', t: '\t', '"': '"', '\\': '\\' };

/** Reads the tokens of a module, comments and white space left out. */
function* tokens(text: string): Generator<Token> {
  let offset = 0;
  let line = 1;
  const match = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = offset;
    return pattern.exec(text);
  };
  const advance = (length: number): void => {
    for (let i = offset; i < offset + length; i++) if (text.charCodeAt(i) === 10) line++;
    offset += length;
  };
  while (offset < text.length) {
    const space = match(skipped);
    if (space) {
      advance(space[0].length);
      continue;
    }
    const char = text[offset] as string;
    const quoted = match(single) ?? match(double);
    const found = quoted ?? match(unquoted);
    const at = line;
    if ('{};'.includes(char)) {
      advance(1);
      yield { text: char, quoted: false, line: at };
      continue;
    }
    if (!found) throw new SchemaError(`line ${line}: unexpected character ${char}`);
    const value = quoted
      ? (found[1] as string).replace(/\\([\s\S])/g, (all, c: string) => (char === '"' ? (escapes[c] ?? all) : all))
      : found[0];
    advance(found[0].length);
    yield { text: value, quoted: quoted !== null, line: at };
  }
}

/**
 * Parses one YANG module.
 * @throws SchemaError where the text is not YANG; the message names the line.
 */
export function parseModule(text: string): Statement {
  const all = [...tokens(text)];
  let index = 0;
  const peek = (): Token => {
    const token = all[index];
    if (!token) throw new SchemaError('the module ends in the middle of a statement');
    return token;
  };
  const argument = (): string => {
    let value = '';
    const first = peek();
    if (!first.quoted && '{;'.includes(first.text)) return value;
    value = first.text;
    index++;
    while (peek().text === '+' && !peek().quoted) {
      index++;
      value += peek().text;
      index++;
    }
    return value;
  };
  const statement = (): Statement => {
    const { text: keyword, line } = peek();
    index++;
    const result: Statement = { keyword, argument: argument(), children: [], line };
    const end = peek();
    index++;
    if (end.text === ';') return result;
    if (end.text !== '{') throw new SchemaError(`line ${end.line}: expected ; or { after ${keyword}`);
    while (peek().text !== '}' || peek().quoted) result.children.push(statement());
    index++;
    return result;
  };
  return statement();
}

/** The first substatement with this keyword. */
export function find(statement: Statement, keyword: string): Statement | undefined {
  return statement.children.find((child) => child.keyword === keyword);
}

/** All substatements with this keyword. */
export function all(statement: Statement, keyword: string): Statement[] {
  return statement.children.filter((child) => child.keyword === keyword);
}
