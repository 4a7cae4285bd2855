import { aclsOfScopes } from '#dots/check/scopeAcl';
import { documentType, documentTypeOf } from '#dots/model/documents';
import type { Fix } from '#dots/model/fix';
import { isObject, type JsonObject } from '#dots/model/json';
import { at, child, tokens } from '#dots/model/pointer';
import type { ParsedDocument } from '../documents/document';
import { textEdits, type TextFix } from './edits';

/** A change of a document that is not at fault. */
export interface Refactoring extends TextFix {
  kind: 'extract' | 'rewrite';
}

/** What can be done with the scope of a request at an offset. */
export function refactorings(document: ParsedDocument, offset: number): Refactoring[] {
  const { value } = document;
  if (documentTypeOf(value)?.kind !== 'mitigation-scope' || document.certainUntil < document.text.length) return [];
  const [top = '', list = '', index = '0'] = tokens(document.pointerAt(offset));
  const pointer = child(child(child('', top), list || 'scope'), index);
  const scope = at(value, pointer);
  if (list === '' || !isObject(scope)) return [];
  return [
    ...changed(document, 'extract', extracted(pointer, scope)),
    ...changed(document, 'rewrite', converted(scope)),
  ];
}

function changed(document: ParsedDocument, kind: Refactoring['kind'], fix: Fix | undefined): Refactoring[] {
  const edits = fix && textEdits(document, [fix.edits])[0];
  if (fix === undefined || edits === undefined) return [];
  return [{ title: fix.title, kind, edits, keepsMeaning: fix.keepsMeaning, documents: fix.documents ?? [] }];
}

/** What an alias can contain (RFC 8783 section 6.1). */
const inAlias = new Set(['target-prefix', 'target-port-range', 'target-protocol', 'target-fqdn', 'target-uri']);

/** The targets of a scope as an alias, which can be installed in peacetime; the request becomes shorter. */
function extracted(pointer: string, scope: JsonObject): Fix | undefined {
  const members = Object.entries(scope);
  const targets = members.filter(([name]) => inAlias.has(name));
  if (targets.length === 0 || Object.hasOwn(scope, 'alias-name')) return undefined;
  const name = 'targets';
  const rest = Object.fromEntries(members.filter(([member]) => !inAlias.has(member)));
  return {
    title: `Move the targets to an alias "${name}" in a file beside this one`,
    edits: [{ op: 'replace', pointer, value: { 'alias-name': [name], ...rest } }],
    keepsMeaning: true,
    documents: [{ [documentType('aliases').topMember]: { alias: [{ name, ...Object.fromEntries(targets) }] } }],
  };
}

/** The traffic of a request as an ACL of the data channel, in a file of its own. */
function converted(scope: JsonObject): Fix | undefined {
  const acls = aclsOfScopes([scope], 'immediate');
  if (acls === undefined) return undefined;
  return {
    title: 'Write an ACL that drops this traffic, in a file beside this one',
    edits: [],
    keepsMeaning: false,
    documents: [acls],
  };
}
