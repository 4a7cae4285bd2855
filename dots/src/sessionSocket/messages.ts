import { printable } from '#dots/model/text';

/**
 * What a process and `dots session` say to each other, as HTTP on a socket of their user. The launcher (cli/dots)
 * speaks it too.
 *
 * - `POST /call/ID`: a call (`callBytes`). The reply is a stream of frames, one for each line, as the command prints
 *   them, and ends with its status. 400: it is not accepted, and nothing was done. The caller chooses the ID.
 * - `POST /answer/ID`, `y` or anything else: the answer to the question of the last frame.
 * - `POST /stop/ID`: Ctrl-C; what the command says on that follows in the stream. So does an end of the connection.
 */

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

/** A command that the keeper runs for its caller. */
export interface Call {
  /** An absolute path: what relative paths of the words are relative to. */
  folder: string;
  env: Readonly<Record<string, string>>;
  /** The caller can answer questions. */
  asks: boolean;
  /** The caller shows how far a request is. */
  showsProgress: boolean;
  /** The command and its words, without `dots`. */
  words: readonly string[];
  /** The caller's standard input, where a word names it. */
  input: Uint8Array;
}

/** The process that calls. */
interface CallingProcess {
  folder: string;
  env: Readonly<Record<string, string | undefined>>;
}

/** The version of these messages: a keeper does not accept others, and the caller runs the command itself. */
const version = '2';

/** The end of each text in a call. */
const end = '\0';

/** What a caller can do besides printing, as a call says it. */
const abilities = { asks: 'questions', showsProgress: 'progress' } as const;

/** The call of a process. */
export function callOf({ folder, env }: CallingProcess, call: Omit<Call, 'folder' | 'env'>): Call {
  const set = variables.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]]));
  return { folder, env: Object.fromEntries(set) as Record<string, string>, ...call };
}

/** A call as it is sent. */
export function callBytes({ folder, env, words, input, ...call }: Call): Buffer {
  const able = (['asks', 'showsProgress'] as const).filter((name) => call[name]).map((name) => abilities[name]);
  const assignments = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  const texts = [version, folder, able.join(' '), ...assignments, '', String(words.length), ...words];
  return Buffer.concat([Buffer.from(texts.map((text) => text + end).join('')), input]);
}

/** Reads a call; undefined for anything else. */
export function readCall(bytes: Buffer): Call | undefined {
  const reader = new TextReader(bytes);
  const [said, folder, able] = [reader.next(), reader.next(), reader.next()?.split(' ')];
  if (said !== version || folder === undefined || able === undefined) return undefined;
  const env: Record<string, string> = {};
  for (let text = reader.next(); text !== ''; text = reader.next()) {
    const [, name, value] = /^([A-Z_]+)=([^]*)$/.exec(text ?? '') ?? [];
    if (name === undefined || value === undefined) return undefined;
    env[name] = value;
  }
  const words = Array.from({ length: Math.min(Number(reader.next()), bytes.length) }, () => reader.next());
  if (words.length === 0 || !words.every((word) => word !== undefined)) return undefined;
  const [asks, showsProgress] = [able.includes(abilities.asks), able.includes(abilities.showsProgress)];
  return { folder, env, asks, showsProgress, words, input: reader.rest() };
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

/** How often a frame shows that the keeper is alive, milliseconds. */
export const signOfLifeMs = 1000;
/** A keeper that sends nothing for so long hangs, milliseconds. */
export const silentMs = 5_000;

/** What a command does, in the order in which it does it. */
export type Frame =
  /** Results, whole lines or a part of one. */
  | { type: 'out'; text: string }
  /** Lines of messages, without their ends. */
  | { type: 'say'; lines: readonly string[] }
  /** The line that shows how far a request is; an empty one removes it. */
  | { type: 'progress'; text: string }
  /** A question that is answered by yes or no. */
  | { type: 'question'; text: string }
  /** The end of the command, with its exit status. */
  | { type: 'status'; status: number }
  | { type: 'alive' };

/** The first character of each line of the stream; `part`: results whose line is not over. */
const marks = { out: 'o', part: 'O', say: 'e', progress: 'p', question: '?', status: '=', alive: '.' } as const;

/** A frame as it is sent: each line has a mark and a text. */
export function frameText(frame: Frame): string {
  switch (frame.type) {
    case 'out':
      return outText(frame.text);
    case 'say':
      return frame.lines.map((line) => markedLine('say', printable(line))).join('');
    case 'status':
      return markedLine('status', String(frame.status));
    // A reader that counts octets per second needs some.
    case 'alive':
      return markedLine('alive', ' '.repeat(14));
    default:
      return markedLine(frame.type, printable(frame.text));
  }
}

function outText(text: string): string {
  const lines = text.split('\n');
  const rest = lines.pop() ?? '';
  return lines.map((line) => markedLine('out', line)).join('') + (rest === '' ? '' : markedLine('part', rest));
}

const markedLine = (mark: keyof typeof marks, text: string): string => `${marks[mark]}${text}\n`;

/** Reads the frames of a stream; what is not one is left out. */
export class FrameReader {
  private rest = '';

  /** The frames that a part of the stream completes. */
  add(text: string): Frame[] {
    const lines = (this.rest + text).split('\n');
    this.rest = lines.pop() ?? '';
    return lines.flatMap((line) => frameIn(line) ?? []);
  }
}

function frameIn(line: string): Frame | undefined {
  const text = line.slice(1);
  switch (line.charAt(0)) {
    case marks.out:
      return { type: 'out', text: `${text}\n` };
    case marks.part:
      return { type: 'out', text };
    case marks.say:
      return { type: 'say', lines: [text] };
    case marks.progress:
      return { type: 'progress', text };
    case marks.question:
      return { type: 'question', text };
    case marks.status:
      return /^[0-3]$/.test(text) ? { type: 'status', status: Number(text) } : undefined;
    default:
      return undefined;
  }
}
