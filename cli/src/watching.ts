import { DotsError } from '#dots/model/errors';
import type { Answer } from '#dots/signal/answer';
import type { Observer } from '#dots/signal/lastingObservation';
import type { Question } from '#dots/signal/questions';
import type { ExitStatus } from './command';
import { statusOf } from './invoke';
import type { ObservingConnection } from './observing';
import type { WatchEvent } from './watchEvents';

/** What a resource is watched with. */
export interface Watching {
  connection: ObservingConnection;
  question: Question;
  print(event: WatchEvent): Promise<void>;
  /** What one state means; with a status that is the end. */
  taken(answer: Answer, isFirst: boolean): Promise<{ events: WatchEvent[]; status?: ExitStatus }>;
  /** What Ctrl-C leaves. */
  stopped(): Pick<WatchEvent, 'message'>;
  /** What a failure means, where the command knows more. */
  explained?: (error: DotsError) => DotsError;
  signal: AbortSignal;
}

const messages = {
  lost: 'The server does not answer, or has ended the session: changes may be missed. Watching goes on when it answers.',
  returned: 'The server answers again, and is watched again.',
} as const;

/**
 * Observes a resource and prints what changes, until that is over or the signal is aborted. A DotsError is printed as
 * an event, not thrown. Returns the exit status.
 */
export async function watchResource(watching: Watching): Promise<ExitStatus> {
  const { connection, question, print, signal } = watching;
  const run = new WatchRun(watching);
  const stopped = new Promise<'stopped'>((resolve) => {
    const stop = (): void => resolve('stopped');
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
  });
  try {
    const established = connection.observe(question, run.observer).then(() => run.ended);
    const outcome = await Promise.race([established, run.ended, stopped]);
    if (outcome !== 'stopped') return outcome;
    await print({ event: 'end', ...watching.stopped() });
    return 0;
  } catch (error) {
    if (!(error instanceof DotsError)) throw error;
    const explained = watching.explained?.(error) ?? error;
    await print({ event: 'failed', error: explained });
    return statusOf(explained);
  } finally {
    await connection.close();
  }
}

/** One run: what is reported is handled one after the other, in the order in which it came. */
class WatchRun {
  /** The exit status, once it is over. */
  readonly ended: Promise<ExitStatus>;
  private end: (status: ExitStatus) => void = () => undefined;
  private fail: (error: unknown) => void = () => undefined;
  private handled: Promise<void> = Promise.resolve();
  private isFirst = true;

  constructor(private readonly watching: Watching) {
    this.ended = new Promise((resolve, reject) => {
      [this.end, this.fail] = [resolve, reject];
    });
    this.ended.catch(() => undefined);
  }

  readonly observer: Observer = {
    state: (answer) => this.next(() => this.take(answer)),
    lost: () => this.next(() => this.watching.print({ event: 'lost', message: messages.lost })),
    returned: () => this.next(() => this.watching.print({ event: 'returned', message: messages.returned })),
  };

  private next(work: () => Promise<void>): void {
    this.handled = this.handled.then(work).catch((error: unknown) => this.fail(error));
  }

  private async take(answer: Answer): Promise<void> {
    const { events, status } = await this.watching.taken(answer, this.isFirst);
    this.isFirst = false;
    for (const event of events) await this.watching.print(event);
    if (status !== undefined) this.end(status);
  }
}
