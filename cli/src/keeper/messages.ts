import type { Caller } from '../caller';

/** The variables of the caller's environment that decide which files, profiles and ledger a command uses. */
const variables = [
  'DOTS_PROFILE',
  'HOME',
  'XDG_CONFIG_HOME',
  'XDG_RUNTIME_DIR',
  'XDG_STATE_HOME',
  'APPDATA',
  'LOCALAPPDATA',
] as const;

/** A command that the keeper runs for its caller, who can answer questions if he is at a terminal. */
export interface Call {
  folder: string;
  env: Readonly<Record<string, string>>;
  isAtTerminal: boolean;
  words: readonly string[];
  /** The caller's standard input, where a word names it. */
  input: Uint8Array;
}

/** The version of these messages: a keeper does not accept others, and the caller runs the command itself. */
const version = '1';

/** The end of each text in a call. */
const end = '\0';

/** The separator of the parts of a reply (ASCII record separator); no text contains it. */
const separator = '\x1e';

/** The call of a process. */
export function callOf(
  { folder, env }: Caller,
  words: readonly string[],
  { isAtTerminal, input }: Pick<Call, 'isAtTerminal' | 'input'>,
): Call {
  const set = variables.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]]));
  return { folder, env: Object.fromEntries(set) as Record<string, string>, isAtTerminal, words, input };
}

/** A call as it is sent. The launcher (cli/dots) writes the same. */
export function callBytes({ folder, env, isAtTerminal, words, input }: Call): Buffer {
  const assignments = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  const texts = [version, folder, isAtTerminal ? 'terminal' : '', ...assignments, '', String(words.length), ...words];
  return Buffer.concat([Buffer.from(texts.map((text) => text + end).join('')), input]);
}

/** Reads a call; undefined for anything else. */
export function readCall(bytes: Buffer): Call | undefined {
  const reader = new TextReader(bytes);
  const [said, folder, terminal] = [reader.next(), reader.next(), reader.next()];
  if (said !== version || folder === undefined || terminal === undefined) return undefined;
  const env: Record<string, string> = {};
  for (let text = reader.next(); text !== ''; text = reader.next()) {
    const [, name, value] = /^([A-Z_]+)=([^]*)$/.exec(text ?? '') ?? [];
    if (name === undefined || value === undefined) return undefined;
    env[name] = value;
  }
  const words = Array.from({ length: Math.min(Number(reader.next()), bytes.length) }, () => reader.next());
  if (words.length === 0 || !words.every((word) => word !== undefined)) return undefined;
  return { folder, env, isAtTerminal: terminal !== '', words, input: reader.rest() };
}

class TextReader {
  private at = 0;

  constructor(private readonly bytes: Buffer) {}

  /** The next text; undefined after the last one. */
  next(): string | undefined {
    const until = this.bytes.indexOf(end, this.at);
    if (until < 0) return undefined;
    const text = this.bytes.toString('utf8', this.at, until);
    this.at = until + 1;
    return text;
  }

  rest(): Buffer {
    return this.bytes.subarray(this.at);
  }
}

/** Whitespace before a reply shows that the keeper is alive: how much, and how often, milliseconds. */
export const signOfLife = ' '.repeat(16);
export const signOfLifeMs = 1000;
/** A keeper that sends nothing for so long hangs, milliseconds. */
export const silentMs = 5_000;

/** What a command has printed until it ends, or until it asks a question. */
export interface Reply {
  out: string;
  said: string;
  outcome: { status: number } | { question: string; id: string };
}

/** A reply as it is sent. */
export function replyText({ out, said, outcome }: Reply): string {
  const parts =
    'status' in outcome ? [String(outcome.status), out, said] : ['?', out, said, outcome.question, outcome.id];
  return parts.map((part) => part.replaceAll(separator, ' ')).join(separator);
}

/** Reads a reply; undefined for anything else. */
export function replyOf(text: string): Reply | undefined {
  const [kind = '', out, said, question, id, ...more] = text.trimStart().split(separator);
  if (out === undefined || said === undefined || more.length > 0) return undefined;
  if (/^[0-3]$/.test(kind) && question === undefined) return { out, said, outcome: { status: Number(kind) } };
  return kind === '?' && question !== undefined && id !== undefined
    ? { out, said, outcome: { question, id } }
    : undefined;
}
