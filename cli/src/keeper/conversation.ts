import { randomBytes } from 'node:crypto';
import type { ExitStatus } from '../command';
import { saidText, type Io } from '../io';
import type { Call, Reply } from './messages';

/** A promise with what settles it. */
interface Turn<T> {
  promise: Promise<T>;
  end(value: T): void;
}

function turn<T>(): Turn<T> {
  let end!: (value: T) => void;
  const promise = new Promise<T>((resolve) => {
    end = resolve;
  });
  return { promise, end };
}

/** One command that runs for a caller: what it prints and asks is sent to him, and it stops when he goes away. */
export class Conversation {
  readonly id = randomBytes(16).toString('hex');
  private out = '';
  private said = '';
  private reply = turn<Reply>();
  private answer: Turn<boolean> | undefined;
  private isCancelled = false;
  private readonly left = turn<void>();

  constructor(call: Pick<Call, 'isAtTerminal' | 'input'>, run: (io: Io) => Promise<ExitStatus>) {
    void run(this.io(call)).then((status) => this.deliver({ status }));
  }

  /** What it prints from now on until it ends, or until it asks. */
  next(): Promise<Reply> {
    return this.reply.promise;
  }

  /** The caller has answered the question. */
  answered(isYes: boolean): void {
    this.answer?.end(isYes);
  }

  /** The caller has gone away: the command is stopped, and its questions are answered by no. */
  cancel(): void {
    this.isCancelled = true;
    this.left.end();
    this.answered(false);
  }

  private io({ isAtTerminal, input }: Pick<Call, 'isAtTerminal' | 'input'>): Io {
    return {
      out: async (text) => {
        this.out += typeof text === 'string' ? text : Buffer.from(text).toString('utf8');
      },
      say: (...lines) => {
        this.said += saidText(lines);
      },
      input: () => Promise.resolve(input),
      colours: false,
      ...(isAtTerminal && { confirm: (question: string) => this.confirm(question) }),
      stopped: () => this.left.promise,
    };
  }

  private confirm(question: string): Promise<boolean> {
    if (this.isCancelled) return Promise.resolve(false);
    this.answer = turn();
    this.deliver({ question, id: this.id });
    return this.answer.promise;
  }

  private deliver(outcome: Reply['outcome']): void {
    const { out, said, reply } = this;
    [this.out, this.said, this.reply] = ['', '', turn()];
    reply.end({ out, said, outcome });
  }
}
