import { itemsOf, type JsonObject } from '#dots/model/json';

const targetMembers = ['target-prefix', 'target-fqdn', 'target-uri', 'alias-name'];

/** All targets of a mitigation scope, or of the scope of a conflict (RFC 9132 section 4.4.1.1), as written. */
export const targetsOf = (scope: JsonObject): string[] =>
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
