import { check } from '#dots/check/check';
import { documentType, type DocumentKind } from '#dots/model/documents';
import { rfcLabel, type Fault } from '#dots/model/finding';
import { isObject, type JsonObject, type JsonValue } from '#dots/model/json';
import { tokens } from '#dots/model/pointer';
import { duplicateMember } from './duplicateMember';
import { fail, RestconfError, type ErrorTag } from './failure';
import { lists } from './resourcePath';

/** The most faults that an answer contains. */
const faultsReported = 16;

const moduleName = 'ietf-dots-data-channel';

const missing = new Set(['yang/missing-member', 'rfc/destination-missing', 'rfc/target-missing']);

/** Reads a body as JSON. Throws a RestconfError (400). */
export function parseBody(text: string): JsonObject {
  try {
    const value: unknown = JSON.parse(text);
    if (isObject(value)) return refuseHalves(refuseDuplicates(value, text), text);
  } catch (error) {
    if (error instanceof RestconfError) throw error;
    throw fail(
      400,
      'malformed-message',
      `The body is not JSON: ${error instanceof Error ? error.message : String(error)}.`,
    );
  }
  throw fail(400, 'malformed-message', 'The body must be a JSON object.');
}

/** The editor calls them an error as well. */
function refuseDuplicates(value: JsonObject, text: string): JsonObject {
  const name = duplicateMember(text);
  if (name === undefined) return value;
  throw fail(
    400,
    'malformed-message',
    `An object of the body has the member ${JSON.stringify(name.slice(0, 80))} twice (RFC 8259 section 4).`,
  );
}

/**
 * Halves of characters are no text of YANG (RFC 7950 section 9.4), and different ones would become the same when they
 * are stored.
 */
function refuseHalves(value: JsonObject, text: string): JsonObject {
  if (!/\\ud[89a-f]/i.test(text) || !loneSurrogate.test(JSON.stringify(value))) return value;
  throw fail(
    400,
    'malformed-message',
    'The body has an escape of half a surrogate pair, which is not a character (RFC 7950 section 9.4).',
  );
}

/**
 * What JSON.stringify writes with an escape, because it is half of a pair; a backslash of the text itself is doubled.
 */
const loneSurrogate = /(?<!\\)(?:\\\\)*\\ud[89a-f]/;

/**
 * Checks a document as the editor does; returns the content of its top-level member.
 * Throws a RestconfError (400) that names the faults.
 * @param base the instance identifier of the parent node
 */
export function checkedContent(document: JsonObject, kind: DocumentKind, base: string): JsonValue {
  const { topMember, title } = documentType(kind);
  if (!Object.hasOwn(document, topMember)) {
    throw fail(
      400,
      Object.keys(document).length === 0 ? 'missing-attribute' : 'unknown-element',
      `The body must be a document with "${topMember}" (${title}).`,
    );
  }
  const errors = checkedAhead.get(document) ?? errorsIn(document);
  if (errors.length > 0)
    throw new RestconfError(
      400,
      errors.slice(0, faultsReported).map((fault) => ({
        tag: tagOf(fault),
        message: `${fault.message} (${rfcLabel(fault.rfc)})`,
        path: base + instancePath(document, fault.pointer),
      })),
    );
  return document[topMember] ?? null;
}

function errorsIn(document: JsonObject): readonly Fault[] {
  return check(document, { direction: 'request' }).faults.filter(({ severity }) => severity === 'error');
}

/** The errors of documents that were checked before they are decided on. */
const checkedAhead = new WeakMap<JsonObject, readonly Fault[]>();

/** The documents of bodies that are a list without its container. */
const wrapped = new WeakMap<JsonObject, JsonObject>();

/** The document in a body: with the container, or with its list alone (RFC 8040 section 4.4). */
export function documentIn(body: JsonObject, container: 'aliases' | 'acls'): JsonObject {
  const { list } = lists[container];
  const entries = body[`${moduleName}:${list}`];
  if (entries === undefined || Object.keys(body).length !== 1) return body;
  const document = wrapped.get(body) ?? { [`${moduleName}:${container}`]: { [list]: entries } };
  wrapped.set(body, document);
  return document;
}

/**
 * Checks a body in a turn of its own, so that its decision, which others wait for, does not: `checkedContent` uses the
 * result.
 */
export function checkAhead(body: JsonObject): void {
  const documents = [body, documentIn(body, 'aliases'), documentIn(body, 'acls')];
  const kinds = ['dots-client', 'aliases', 'acls'] as const;
  const document = documents.find((each) => kinds.some((kind) => Object.hasOwn(each, documentType(kind).topMember)));
  if (document !== undefined) checkedAhead.set(document, errorsIn(document));
}

function tagOf({ code }: Fault): ErrorTag {
  if (missing.has(code)) return 'missing-attribute';
  return code === 'yang/unknown-member' ? 'unknown-element' : 'invalid-value';
}

/** The instance identifier of the data tree: RFC 7951 section 6.11. */
export const treePath = `/${moduleName}:dots-data`;

/**
 * The instance identifier of the node that the members of a body are in; undefined for a list without its container.
 */
export function baseOf(body: JsonObject, cuid: string | undefined): string | undefined {
  if (Object.hasOwn(body, `${moduleName}:dots-client`)) return treePath;
  const isWhole = ['aliases', 'acls'].some((container) => Object.hasOwn(body, `${moduleName}:${container}`));
  return cuid === undefined || !isWhole ? undefined : clientPath(cuid);
}

/** The instance identifier of a client. */
export function clientPath(cuid: string): string {
  return `${treePath}/dots-client${keyPredicate({ cuid }) ?? ''}`;
}

/**
 * A JSON pointer as the rest of an instance identifier: entries by their key, members of this module without its name.
 */
export function instancePath(document: JsonObject, pointer: string): string {
  let here: JsonValue | undefined = document;
  let path = '';
  for (const token of tokens(pointer)) {
    if (Array.isArray(here)) {
      here = here[Number(token)];
      path += keyPredicate(here) ?? `[${Number(token) + 1}]`;
    } else {
      here = isObject(here) && Object.hasOwn(here, token) ? here[token] : undefined;
      path += `/${token.startsWith(`${moduleName}:`) ? token.slice(moduleName.length + 1) : token}`;
    }
  }
  return path;
}

function keyPredicate(entry: JsonValue | undefined): string | undefined {
  const key = isObject(entry) ? ['name', 'cuid'].find((name) => typeof entry[name] === 'string') : undefined;
  const value = key === undefined || !isObject(entry) ? undefined : entry[key];
  return typeof value === 'string' && !value.includes("'") ? `[${key ?? ''}='${value}']` : undefined;
}
