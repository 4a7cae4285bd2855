import { itemsOf, type JsonObject } from '#dots/model/json';

interface StatusWords {
  short: string;
  sentence: string;
  /** A codicon, and a theme colour for it. */
  icon: string;
  color?: string;
  /** Whether there is nothing left to withdraw. */
  ending?: true;
}

/** The eight states of a mitigation (RFC 9132 section 4.4.2, table 3) as a person reads them. */
const statuses: Record<string, StatusWords> = {
  'attack-mitigation-in-progress': {
    short: 'setting up',
    sentence: 'The server is setting the mitigation up.',
    icon: 'sync',
    color: 'charts.yellow',
  },
  'attack-successfully-mitigated': {
    short: 'mitigating',
    sentence: 'The attack is being mitigated.',
    icon: 'shield',
    color: 'charts.green',
  },
  'attack-stopped': {
    short: 'attack stopped',
    sentence: 'The attack has stopped: the mitigation can be withdrawn.',
    icon: 'pass',
    color: 'charts.green',
  },
  'attack-exceeded-capability': {
    short: 'capacity exceeded',
    sentence: 'The attack is larger than the server can mitigate.',
    icon: 'error',
    color: 'charts.red',
  },
  'dots-client-withdrawn-mitigation': {
    short: 'ending, the server may still filter',
    sentence: 'Withdrawn; the filters may stay a little while longer, in case the attack comes back.',
    icon: 'history',
    ending: true,
  },
  'attack-mitigation-terminated': {
    short: 'ended',
    sentence: 'The mitigation has ended.',
    icon: 'circle-slash',
    ending: true,
  },
  'attack-mitigation-withdrawn': {
    short: 'ended by server',
    sentence: 'The server ended the mitigation.',
    icon: 'circle-slash',
    color: 'charts.yellow',
    ending: true,
  },
  'attack-mitigation-signal-loss': {
    short: 'waits for signal loss',
    sentence: 'Kept ready: it starts when the session is lost.',
    icon: 'watch',
  },
};

/** The words for a status label; an unknown label stands for itself. */
export function statusWords(label: string): StatusWords {
  return statuses[label] ?? { short: label, sentence: `Status ${label}.`, icon: 'question' };
}

/** Those that are neither withdrawn nor over: what counts, and what can be withdrawn. */
export function ongoing<T extends { status: string }>(mitigations: readonly T[]): T[] {
  return mitigations.filter(({ status }) => statusWords(status).ending !== true);
}

const targetMembers = ['target-prefix', 'target-fqdn', 'target-uri', 'alias-name'];

const targetsOf = (scope: JsonObject): string[] =>
  targetMembers.flatMap((member) => itemsOf(scope[member])).map(String);

/** The targets of a mitigation scope in one line: `192.0.2.0/24, 198.51.100.7/32 and 3 more`. */
export function targetWords(scope: JsonObject): string {
  const targets = targetsOf(scope);
  if (targets.length === 0) return 'no target';
  const rest = targets.length - 2;
  return rest > 0 ? `${targets.slice(0, 2).join(', ')} and ${rest} more` : targets.join(', ');
}

/** The first target and how many more there are, for a narrow row: `192.0.2.0/24 +1`. */
export function shortTarget(scope: JsonObject): string {
  const [first, ...rest] = targetsOf(scope);
  if (first === undefined) return 'no target';
  return rest.length === 0 ? first : `${first} +${rest.length}`;
}
