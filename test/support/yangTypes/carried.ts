import { canonical } from '#dots/check/canonical';
import { planOf } from '#dots/check/plan';
import { translate } from '#dots/flowspec/translate';
import { isObject, type JsonObject, type JsonValue } from '#dots/model/json';
import type { JudgedCase } from './cases';
import type { Place } from './places';

/** A value that the checker and yanglint accept: the document as it is written, and as yanglint writes its values. */
export interface Accepted extends JudgedCase {
  value: JsonObject;
  canonical: JsonObject;
}

/** The cases that are valid for both. @param isValid what the checker says */
export function acceptedBy(cases: readonly JudgedCase[], isValid: (one: JudgedCase) => boolean): Accepted[] {
  return cases.flatMap((one) => {
    if (one.judgement === undefined || !('canonical' in one.judgement) || !isValid(one)) return [];
    const value = JSON.parse(one.document) as JsonObject;
    return [{ ...one, value, canonical: withoutDefaults(one.judgement.canonical, value) as JsonObject }];
  });
}

/** yanglint adds the defaults of state data (RFC 6243 section 3.3), of which a document has nothing. */
function withoutDefaults(printed: JsonValue, written: JsonValue): JsonValue {
  if (Array.isArray(printed) && Array.isArray(written))
    return printed.map((entry, index) => withoutDefaults(entry, written[index] ?? null));
  if (!isObject(printed) || !isObject(written)) return printed;
  const names = Object.keys(written).filter((name) => Object.hasOwn(printed, name));
  return Object.fromEntries(names.map((name) => [name, withoutDefaults(printed[name] ?? null, written[name] ?? null)]));
}

/** What a document means to the reader of the checker. */
export function meaning({ kind }: Place, document: JsonObject): string {
  return canonical(document, planOf(kind));
}

/** Whether a value is written otherwise than in canonical form, even after JSON has been read. */
export function isAnotherForm({ value, canonical: form }: Accepted): boolean {
  return JSON.stringify(value) !== JSON.stringify(form);
}

/** A request that uses the alias of a document. */
const use: JsonObject = {
  'ietf-dots-signal-channel:mitigation-scope': { scope: [{ lifetime: 60, 'alias-name': ['a'] }] },
};

/** The rules of a complete document, and the codes of its errors. */
export function rulesOf(document: JsonObject): { rules: string[]; errors: string[] } {
  const uses = JSON.stringify(document).includes('"alias"') ? [{ file: 'request', value: use }] : [];
  const { rules, findings } = translate([{ file: 'document', value: document }, ...uses]);
  return {
    rules: rules.map(({ nlri, extendedCommunities }) => [nlri, ...extendedCommunities].join(' ')),
    errors: findings.filter(({ severity }) => severity === 'error').map(({ code }) => code),
  };
}

/** A document with what a server and a rule need besides the value in question: targets, destinations, a lifetime. */
export function complete(document: JsonObject): JsonObject {
  return completed(document, '') as JsonObject;
}

function completed(value: JsonValue, name: string): JsonValue {
  if (Array.isArray(value)) return value.map((entry) => completed(isObject(entry) ? entryOf(name, entry) : entry, ''));
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([member, item]) => [member, completed(item, member)]));
}

function entryOf(list: string, entry: JsonObject): JsonObject {
  const target = { 'target-prefix': ['192.0.2.0/24', '2001:db8::/32'] };
  if (list === 'alias') return { ...target, ...entry };
  if (list === 'scope') return { lifetime: 60, ...target, ...entry };
  if (list === 'acl') return { 'activation-type': 'immediate', ...typed(entry), ...entry };
  return list === 'ace' ? { ...entry, matches: withDestination(isObject(entry.matches) ? entry.matches : {}) } : entry;
}

/** The type of an ACL whose matches do not say which it is. */
function typed(acl: JsonObject): JsonObject {
  return { type: `ietf-access-control-list:${JSON.stringify(acl).includes('"ipv6"') ? 'ipv6' : 'ipv4'}-acl-type` };
}

function withDestination(matches: JsonObject): JsonObject {
  if (isObject(matches.ipv6))
    return { ...matches, ipv6: { 'destination-ipv6-network': '2001:db8::/32', ...matches.ipv6 } };
  const ipv4 = isObject(matches.ipv4) ? matches.ipv4 : {};
  return { ...matches, ipv4: { 'destination-ipv4-network': '192.0.2.0/24', ...ipv4 } };
}
