import { canonical } from '#dots/check/canonical';
import { planAt } from '#dots/check/plan';
import type { JsonObject } from '#dots/model/json';

/** The members of a scope that say what is to be protected: RFC 9132 section 4.4.1. */
const targetMembers = [
  'target-prefix',
  'target-port-range',
  'target-protocol',
  'target-fqdn',
  'target-uri',
  'alias-name',
] as const;

/** Whether two mitigation scopes have the same targets, whatever their order and spelling. */
export const sameTargets = (one: JsonObject, other: JsonObject): boolean => targetText(one) === targetText(other);

const targetText = (scope: JsonObject): string =>
  canonical(
    targetMembers.map((member) => ({ [member]: scope[member] ?? [] })),
    planAt('mitigation-scope', 'scope'),
  );
