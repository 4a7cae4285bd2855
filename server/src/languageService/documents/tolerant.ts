import { printParseErrorCode, visit, type JSONVisitor, type ParseErrorCode } from 'jsonc-parser';
import { isObject, type JsonValue } from '#dots/model/json';
import { maximumProblems, rfcOf, type Problem, type Span } from './problem';

/** The readable part of a text that is not JSON. */
export interface TolerantReading {
  value: JsonValue | undefined;
  /** In text order; at most one of them makes the structure uncertain, and it is the last. */
  problems: Problem[];
  /** From here on the structure of the text is uncertain; the text's length if it is certain to the end. */
  certainUntil: number;
  /** The text ends where its value ends: more text after it would not have been read as a part of it. */
  endsWithValue: boolean;
}

type ErrorName = ReturnType<typeof printParseErrorCode>;

interface SyntaxError {
  name: ErrorName;
  start: number;
  end: number;
}

/**
 * Reads a text that `JSON.parse` refused, as far as it can be read. An error that leaves the structure certain (a
 * missing comma, a trailing comma, a comment) is reported and reading continues; the first real error is reported and
 * nothing after it.
 * @param relaxed comments and trailing commas are allowed (`.jsonc`)
 */
export function readTolerantly(text: string, relaxed: boolean): TolerantReading {
  const builder = new ValueBuilder();
  const errors: SyntaxError[] = [];
  const onError = (code: ParseErrorCode, start: number, length: number): void => {
    errors.push({ name: printParseErrorCode(code), start, end: start + length });
    if (errors.length === mostErrors) throw new Enough();
  };
  try {
    visit(text, { ...builder.visitor(), onError }, { disallowComments: !relaxed, allowTrailingComma: relaxed });
  } catch (error) {
    if (!(error instanceof Enough)) throw error;
  }
  const endsWithValue = errors.length < mostErrors && errors.every(({ name }) => !endErrors.has(name));
  return { value: builder.root, ...judge(text, errors), endsWithValue };
}

/**
 * The text ended too early or too late for its value. A string, comment or number that is cut off by the end of the
 * text takes a closing bracket with it.
 */
const endErrors = new Set<ErrorName>(['CloseBraceExpected', 'CloseBracketExpected', 'EndOfFileExpected']);

/** A text with more errors than this is not being typed: the rest of it is not read. */
const mostErrors = 100_000;

/** Ends the reading of a text. */
class Enough extends Error {}

function judge(text: string, errors: SyntaxError[]): Pick<TolerantReading, 'problems' | 'certainUntil'> {
  const last = errors.length === mostErrors ? errors[mostErrors - 1]?.start : undefined;
  const problems: Problem[] = [];
  for (const error of errors) {
    const harmless = harmlessProblem(text, error);
    if (harmless === undefined)
      return { problems: [...problems, fatalProblem(text, error)], certainUntil: error.start };
    if (problems.length < maximumProblems && problems[problems.length - 1]?.start !== harmless.start)
      problems.push(harmless);
  }
  return { problems, certainUntil: last ?? text.length };
}

const problemAt = (code: string, message: string, span: Span, rfc: string = rfcOf.grammar): Problem => ({
  code,
  severity: 'error',
  message,
  rfc,
  pointer: '',
  start: span.start,
  end: span.end,
});

/** An error after which the text still has one meaning, or undefined. */
function harmlessProblem(text: string, error: SyntaxError): Problem | undefined {
  if (error.name === 'InvalidCommentToken') {
    return problemAt('json/comment', 'JSON has no comments; remove it, or name the file .jsonc.', error);
  }
  const before = trimmedEnd(text, error.start);
  if (error.name === 'CommaExpected' && startsValue(text, error) && !continuesNumber(text, error)) {
    return problemAt('json/comma-missing', 'A comma is missing after this.', {
      start: Math.max(before - 1, 0),
      end: before,
    });
  }
  const atClose = text.charAt(error.start) === '}' || text.charAt(error.start) === ']';
  if (
    atClose &&
    text.charAt(before - 1) === ',' &&
    (error.name === 'PropertyNameExpected' || error.name === 'ValueExpected')
  ) {
    if (/[,:[{]/.test(text.charAt(trimmedEnd(text, before - 1) - 1))) return undefined;
    return problemAt('json/trailing-comma', 'Trailing comma before the closing bracket; remove it.', {
      start: before - 1,
      end: before,
    });
  }
  return undefined;
}

const startsValue = (text: string, { start }: SyntaxError): boolean => /["{[\d-]/.test(text.charAt(start));

/** After `0` a further digit belongs to the same number, which is invalid in JSON. */
const continuesNumber = (text: string, { start }: SyntaxError): boolean =>
  /\d\d/.test(text.slice(start - 1, start + 1));

const sentences: Partial<Record<ErrorName, string>> = {
  PropertyNameExpected: 'A member name in double quotes is expected here.',
  ValueExpected: 'A value is expected here.',
  ColonExpected: 'A colon is expected here, between the member name and its value.',
  CommaExpected: 'A comma or a closing bracket is expected here.',
  CloseBraceExpected: 'An object is not closed; a "}" is missing.',
  CloseBracketExpected: 'An array is not closed; a "]" is missing.',
  EndOfFileExpected: 'Unexpected text after the end of the document; a file contains one JSON object.',
  UnexpectedEndOfComment: 'This comment is not closed; "*/" is missing.',
  UnexpectedEndOfString: 'This string is not closed; a double quote is missing at its end.',
  UnexpectedEndOfNumber: 'This number is incomplete; digits are missing.',
  InvalidNumberFormat: 'This is not a JSON number.',
  InvalidUnicode: 'A \\u escape in this string is not followed by four hexadecimal digits.',
  InvalidEscapeCharacter: 'Unknown escape in this string; write "\\\\" for a backslash.',
  InvalidCharacter: 'This string contains a control character; write it as an escape, such as \\n or \\t.',
};

function fatalProblem(text: string, error: SyntaxError): Problem {
  const span = placeOf(text, error);
  if (error.name === 'CommaExpected' && continuesNumber(text, error))
    return problemAt('json/syntax', 'JSON numbers have no leading zeros; remove them.', {
      start: error.start - 1,
      end: error.end,
    });
  const message = error.name === 'InvalidSymbol' ? symbolSentence(text, span) : sentences[error.name];
  return problemAt('json/syntax', message ?? 'This is not JSON.', span);
}

/** An error at the end of the text is shown at the last thing written: there is nothing to underline after it. */
function placeOf(text: string, error: SyntaxError): Span {
  if (error.start < text.length && error.end > error.start) return error;
  const end = trimmedEnd(text, text.length);
  return { start: Math.max(end - 1, 0), end };
}

/** What other languages write for a value of JSON. */
const meantBy = new Map([
  ['none', 'null'],
  ['nil', 'null'],
  ['undefined', 'null'],
  ['true', 'true'],
  ['false', 'false'],
  ['null', 'null'],
]);

/** A text without a brace before the error is not a document; it may be a key file, so it is not quoted. */
function symbolSentence(text: string, { start, end }: Span): string {
  if (!text.slice(0, start).includes('{')) return 'This is not JSON; a document is one object, in braces.';
  const symbol = text.slice(start, end);
  const shown = symbol.length > 30 ? `${symbol.slice(0, 27)}...` : symbol;
  if (/^['\u2018\u2019\u201c\u201d`]/.test(symbol))
    return `JSON names and strings are in straight double quotes, not in ${symbol.charAt(0)}.`;
  const meant = meantBy.get(symbol.toLowerCase());
  if (meant !== undefined) return `JSON writes ${meant}, not ${shown}.`;
  return `"${shown}" is not a JSON value; names and strings are in double quotes.`;
}

/** The offset after the last non-blank character before `offset`. */
function trimmedEnd(text: string, offset: number): number {
  let end = offset;
  while (end > 0 && /\s/.test(text.charAt(end - 1))) end -= 1;
  return end;
}

/** Builds the value from the visitor's events: of two equal names the last is used, and `__proto__` is left out. */
class ValueBuilder {
  root: JsonValue | undefined;
  private readonly open: { container: JsonValue; name: string }[] = [];

  visitor(): JSONVisitor {
    return {
      onObjectBegin: () => this.begin({}),
      onObjectEnd: () => void this.open.pop(),
      onArrayBegin: () => this.begin([]),
      onArrayEnd: () => void this.open.pop(),
      onObjectProperty: (name) => this.name(name),
      onLiteralValue: (value) => this.add(value as JsonValue),
    };
  }

  private begin(container: JsonValue): void {
    this.add(container);
    this.open.push({ container, name: '' });
  }

  private name(name: string): void {
    const top = this.open[this.open.length - 1];
    if (top !== undefined) top.name = name;
  }

  private add(value: JsonValue): void {
    const top = this.open[this.open.length - 1];
    if (top === undefined) this.root ??= value;
    else if (Array.isArray(top.container)) top.container.push(value);
    else if (isObject(top.container) && top.name !== '__proto__') top.container[top.name] = value;
  }
}
