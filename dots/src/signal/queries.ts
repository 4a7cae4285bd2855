import { DotsError } from '#dots/model/errors';

/** The parameters that select by the target of an attack: RFC 9244 sections 8.3 and 9. */
const ofTargets = [
  'target-prefix',
  'target-port',
  'target-protocol',
  'target-fqdn',
  'target-uri',
  'alias-name',
] as const;

/** The parameters of a query for mitigations: RFC 9244 section 9. Its figure 48 has `target-alias` for `alias-name`. */
export const mitigationQueries: readonly string[] = [...ofTargets, 'target-alias'];

/** The parameters of a query for telemetry: RFC 9244 section 8.3. */
export const telemetryQueries: readonly string[] = [
  ...ofTargets,
  'mid',
  'source-prefix',
  'source-port',
  'source-icmp-type',
];

/** Which nodes an answer contains, and the value of the parameter `c` for them: RFC 9132 section 4.4.2, table 2. */
export const contents = { all: 'a', config: 'c', 'non-config': 'n' } as const;

/** One of the values of `contents`. */
export type ContentName = keyof typeof contents;

/**
 * The Uri-Query arguments of a question: the values of one parameter share one argument, separated by commas (RFC 9244
 * section 8.3). Throws a DotsError `signal/query` for what a server must refuse.
 * @param pairs `name=value`, as a user writes them
 * @param names the parameters that the resource has
 */
export function queryArguments(
  pairs: readonly string[],
  names: readonly string[],
  content: ContentName | undefined,
): string[] {
  const values = new Map<string, string[]>();
  for (const pair of pairs) {
    const [, name = '', value = ''] = /^([^=]*)=(.*)$/su.exec(pair) ?? [];
    if (!names.includes(name) || value === '') throw unknown(pair, names);
    refuseWildcard(name, value);
    values.set(name, [...(values.get(name) ?? []), value]);
  }
  const chosen = [...values].map(([name, all]) => `${name}=${all.join(',')}`);
  return content === undefined ? chosen : [...chosen, `c=${contents[content]}`];
}

function unknown(pair: string, names: readonly string[]): DotsError {
  return new DotsError(
    'usage',
    'signal/query',
    `"${pair}" is no query: it must be NAME=VALUE.`,
    `The names are ${names.join(', ')} (RFC 9244 section 8.3).`,
  );
}

/** Throws a DotsError for a name with `*` elsewhere than as its leftmost label. */
function refuseWildcard(name: string, value: string): void {
  if (name !== 'target-fqdn' && name !== 'target-uri') return;
  const isAllowed = (one: string): boolean => !one.replace(/^([a-z][a-z0-9+.-]*:\/\/)?\*\./i, '').includes('*');
  if (value.split(',').every(isAllowed)) return;
  throw new DotsError(
    'usage',
    'signal/query',
    `"${name}=${value}" has a * that is not the leftmost label of a name (RFC 9244 section 8.3).`,
    'Write such a name as *.example.com.',
  );
}
