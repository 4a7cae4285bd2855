/** A status of a mitigation in words. */
export interface MitigationStatusWords {
  /** A few words, for a row. */
  short: string;
  sentence: string;
  /** Whether nothing is left to withdraw. */
  ending: boolean;
}

/** The eight statuses (RFC 9132 section 4.4.2, table 3). */
const statuses: Readonly<Record<string, readonly [short: string, sentence: string, ending?: 'ending']>> = {
  'attack-mitigation-in-progress': ['setting up', 'The server is setting the mitigation up.'],
  'attack-successfully-mitigated': ['mitigating', 'The attack is being mitigated.'],
  'attack-stopped': ['attack stopped', 'The attack has stopped; the mitigation can be withdrawn.'],
  'attack-exceeded-capability': ['capacity exceeded', 'The attack is larger than the server can mitigate.'],
  'dots-client-withdrawn-mitigation': [
    'ending, the server may still filter',
    'Withdrawn; the server may keep the filters for a short time in case the attack returns.',
    'ending',
  ],
  'attack-mitigation-terminated': ['ended', 'The mitigation has ended.', 'ending'],
  'attack-mitigation-withdrawn': ['ended by server', 'The server ended the mitigation.', 'ending'],
  'attack-mitigation-signal-loss': ['waiting for signal loss', 'Prepared; it starts when the session is lost.'],
};

/** The text for a status label; a label that RFC 9132 does not define is shown as it is. */
export function mitigationStatusWords(label: string): MitigationStatusWords {
  const [short, sentence, ending] = statuses[label] ?? [label, `Status ${label}.`];
  return { short, sentence, ending: ending !== undefined };
}

/**
 * Why a server does not have a mitigation any more, by the last that was known of it.
 * @param left seconds of its lifetime that were left; -1 is indefinite
 */
export function endWords(status: string, left: number): string {
  if (status === 'dots-client-withdrawn-mitigation') return 'withdrawn';
  return left === 0 ? 'lifetime over' : 'ended by the server';
}

/** The mitigations that are neither withdrawn nor ended: those that are counted and can be withdrawn. */
export function ongoing<T extends { status: string }>(mitigations: readonly T[]): T[] {
  return mitigations.filter(({ status }) => !mitigationStatusWords(status).ending);
}
