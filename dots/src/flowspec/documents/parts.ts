import { documentTypes } from '#dots/model/documents';
import type { JsonObject } from '#dots/model/json';
import type { Findings } from './findings';
import { asObject, members, objects, onlyKnown, quote, type Located } from './values';

/** A mitigation scope, and its name in findings. */
export interface ScopePart {
  scope: Located<JsonObject>;
  label: string;
}

/** Names of vendors' attacks, which do not filter traffic (RFC 9244 section 8.1.6). */
const vendorMapping = 'ietf-dots-mapping:vendor-mapping';

/** The sources of rules, in the order of the documents. */
export interface Parts {
  acls: Located<JsonObject>[];
  aliases: Located<JsonObject>[];
  scopes: ScopePart[];
}

/** Adds the ACLs, aliases and scopes of a document. Every other member becomes a finding. */
export function collectParts(document: Located<JsonObject>, parts: Parts, report: Findings): void {
  for (const [name, located] of members(document)) {
    const type = documentTypes.find(({ topMember }) => topMember === name);
    switch (type?.kind) {
      case 'mitigation-scope':
        collectScopes(located, parts, report);
        break;
      case 'acls':
      case 'aliases':
        collectLists(type.kind, located, parts, report);
        break;
      case 'dots-data':
        for (const client of listIn(located, 'dots-client', ['capabilities', vendorMapping], report))
          collectClient(client, parts, report);
        break;
      case 'dots-client':
        for (const client of objects(located, report)) collectClient(client, parts, report);
        break;
      case undefined:
        report.error(
          located,
          'flowspec/unknown-member',
          '7951 4',
          `${quote(name)} is not a member of a DOTS document.`,
          true,
        );
        break;
      default:
        report.exclude(
          document,
          {
            code: 'flowspec/nothing-to-translate',
            severity: 'information',
            rfc: '8955 4',
            message: `${quote(name)} does not filter traffic: rules come from mitigation requests and ACLs.`,
          },
          located,
        );
    }
  }
}

/** The entries of the list `name` in a container, which may have `others` beside it. */
function listIn(located: Located, name: string, others: readonly string[], report: Findings): Located<JsonObject>[] {
  const container = asObject(located, report);
  if (container === undefined) return [];
  onlyKnown(container, [name, ...others], 'what is in it', report);
  return members(container).flatMap(([member, list]) => (member === name ? objects(list, report) : []));
}

function collectScopes(located: Located, { scopes }: Parts, report: Findings): void {
  const list = listIn(located, 'scope', [], report);
  for (const [index, scope] of list.entries())
    scopes.push({ scope, label: list.length === 1 ? 'the mitigation request' : `mitigation scope ${index + 1}` });
}

function collectLists(kind: 'acls' | 'aliases', located: Located, parts: Parts, report: Findings): void {
  parts[kind].push(...listIn(located, kind === 'acls' ? 'acl' : 'alias', [], report));
}

function collectClient(client: Located<JsonObject>, parts: Parts, report: Findings): void {
  onlyKnown(client, ['cuid', 'cdid', 'acls', 'aliases', vendorMapping], 'what is in it', report);
  for (const [name, located] of members(client))
    if (name === 'acls' || name === 'aliases') collectLists(name, located, parts, report);
}
