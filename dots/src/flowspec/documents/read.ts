import type { JsonObject } from '#dots/model/json';
import type { Entry } from '../packets/draft';
import { translateAcl } from './acl';
import type { Context } from './context';
import type { DocumentErrors } from './errors';
import { placeKey } from './findings';
import { translateScope } from './mitigation';
import { readActivations, readAliases } from './names';
import { collectParts, type Parts } from './parts';
import { asObject } from './values';

/** What a set of documents requests. */
export interface Reading {
  /** In the order of first-match evaluation: active ACLs in their order, then mitigations. */
  entries: Entry[];
  /** The findings of validation. */
  errors: DocumentErrors;
  /** Keys of the places of all aliases, and of those that are used. */
  aliases: { all: ReadonlySet<string>; used: ReadonlySet<string> };
}

/** What is known before the documents are read. */
export type Around = Omit<Context, 'aliases' | 'activation' | 'usedAliases'>;

/** Reads documents that are translated together; anything that does not become an entry is a finding. */
export function readDocuments(documents: readonly { file: string; value: JsonObject }[], around: Around): Reading {
  const { report, errors } = around;
  const parts: Parts = { acls: [], aliases: [], scopes: [] };
  for (const { file, value } of documents) {
    const document = asObject({ file, pointer: '', value }, report);
    if (document !== undefined) collectParts(document, parts, report);
  }
  const usedAliases = new Set<string>();
  const context: Context = {
    ...around,
    usedAliases,
    aliases: readAliases(parts, report),
    activation: readActivations(parts, errors, report),
  };
  const entries = [
    ...parts.acls.flatMap((acl) => translateAcl(acl, context)),
    ...parts.scopes.flatMap((part) => translateScope(part, context) ?? []),
  ];
  return { entries, errors, aliases: { all: new Set(parts.aliases.map(placeKey)), used: usedAliases } };
}
