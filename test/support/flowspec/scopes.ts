import type { FlowspecOptions } from '#dots/flowspec/translate';
import type { JsonObject } from '#dots/model/json';
import { scopeDocument, translated } from './rules';

/**
 * What becomes of a mitigation request with one scope: rules as text without their action, their NLRIs, and the codes
 * of findings.
 */
export function scope(
  value: JsonObject,
  options: FlowspecOptions = {},
): { texts: string[]; nlris: string[]; codes: string[] } {
  const { texts, nlris, codes } = translated(scopeDocument(value), options);
  return { nlris, codes, texts: texts.map((text) => text.replace(' -> discard', '')) };
}

/** Port ranges of a scope. */
export const ports = (...list: [number, number?][]): JsonObject[] =>
  list.map(([lower, upper]) => ({ 'lower-port': lower, ...(upper !== undefined && { 'upper-port': upper }) }));

/** The members of a scope as Call Home has them, for sources. */
export const from = (value: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(value).map(([name, item]) => [`ietf-dots-call-home:${name}`, item]));
