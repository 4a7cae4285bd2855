import { mitigationStatusWords, type MitigationStatusWords } from '#dots/words/mitigationStatuses';
import { duration } from '#dots/words/quantities';
import { remaining, type Mitigation } from './mitigation';

/** The status in words; also of a request without an answer, and why a mitigation has ended. */
export function wordsOf({ status, unanswered, ended }: Mitigation): MitigationStatusWords {
  if (ended !== undefined) return { short: ended, sentence: `The mitigation is over: ${ended}.`, ending: true };
  if (unanswered === undefined) return mitigationStatusWords(status);
  return {
    short: 'no answer',
    sentence: 'The request had no answer: it may have arrived. Refresh to ask the server.',
    ending: false,
  };
}

/** How long a mitigation lasts at a time, milliseconds since 1970: `43 min left`. */
export function timeWords(mitigation: Mitigation, now: number): string {
  const left = remaining(mitigation, now);
  if (left === -1) return 'until withdrawn';
  return left === 0 ? 'lifetime over' : `${coarse(left)} left`;
}

/** In whole minutes where there are some: a row that changes each second draws the eye. */
export const coarse = (seconds: number): string => duration(seconds < 60 ? seconds : seconds - (seconds % 60));
