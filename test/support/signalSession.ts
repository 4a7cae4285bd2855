/** In the place of #dots/signal/session and #lazy/protocol: a signal channel that only tells how it was opened. */
import { DotsError } from '#dots/model/errors';
import type { SessionOptions } from '#dots/signal/sessionOptions';

export const SignalSession = {
  open: ({ server, underAttack }: SessionOptions): Promise<never> =>
    Promise.reject(
      new DotsError('unreachable', 'test/opened', `${server} opened with underAttack ${String(underAttack)}.`),
    ),
};

export const connectionMemory = (): undefined => undefined;
export { newCuid, nextMid } from '#dots/signal/identifiers';
export { eventWords } from '#dots/signal/keeper/eventWords';
export { SessionKeeper } from '#dots/signal/keeper/sessionKeeper';
export { recordedSentences, sendRecorded } from '#dots/signal/recordedRequest';
export { resourceOf } from '#dots/signal/resources';
export { SharedSession } from '#dots/sessionSocket/sharedSession';
