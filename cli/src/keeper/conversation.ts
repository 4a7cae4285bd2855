import type { Call, Frame } from '#dots/sessionSocket/messages';
import type { ExitStatus } from '../command';
import type { Io } from '../io';

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

/** What the command of a call needs of its caller. */
export type CallerAbilities = Pick<Call, 'asks' | 'showsProgress' | 'input'>;

/** One command that runs for a caller: what it prints and asks is sent to him, and it stops when he goes away. */
export class Conversation {
  private answer: Turn<boolean> | undefined;
  private isStopped = false;
  private readonly left = turn<void>();

  /** @param send passes a frame to the caller, and settles when he has room for another one */
  constructor(private readonly send: (frame: Frame) => Promise<void>) {}

  /** Runs the command to its end, which is sent as well. */
  async run(abilities: CallerAbilities, command: (io: Io) => Promise<ExitStatus>): Promise<void> {
    const status = await command(this.io(abilities));
    await this.send({ type: 'status', status });
  }

  /** The caller has answered the question. */
  answered(isYes: boolean): void {
    this.answer?.end(isYes);
  }

  /** The caller has gone away, or wants the command to stop: its questions are answered by no. */
  stop(): void {
    this.isStopped = true;
    this.left.end();
    this.answered(false);
  }

  private io({ asks, showsProgress, input }: CallerAbilities): Io {
    return {
      out: (part) =>
        this.send({ type: 'out', text: typeof part === 'string' ? part : Buffer.from(part).toString('utf8') }),
      say: (...lines) => void this.send({ type: 'say', lines }),
      ...(showsProgress && { progress: (text: string) => void this.send({ type: 'progress', text }) }),
      input: () => Promise.resolve(input),
      colours: false,
      ...(asks && { confirm: (question: string) => this.confirm(question) }),
      stopped: () => this.left.promise,
    };
  }

  private async confirm(question: string): Promise<boolean> {
    if (this.isStopped) return false;
    this.answer = turn();
    await this.send({ type: 'question', text: question });
    return this.answer.promise;
  }
}
