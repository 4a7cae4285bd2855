import { documentType, documentTypeOf, type DocumentKind } from '../model/documents';
import type { Fault } from '../model/finding';
import type { Edit, Fix } from '../model/fix';
import { isObject, itemsOf, type JsonObject, type JsonValue } from '../model/json';
import { at, child, parent, tokens } from '../model/pointer';
import { formatPrefix, parsePrefix } from '../model/prefix';
import { schemaAt } from '../model/schema';
import { sampleMember, sampleOf } from './samples';
import { scopeFixes } from './scopeFixes';
import { closest, nearMember } from './suggestions';
import { shown } from './typeText';
import { valueFixes } from './valueFixes';

/** What a fixer knows of a fault. */
interface Place {
  fault: Fault;
  document: JsonValue;
  /** undefined: one of the product's own files. */
  kind: DocumentKind | undefined;
  /** The value at the pointer of the fault. */
  value: JsonValue | undefined;
  /** The last token of the pointer. */
  name: string;
}

type Fixer = (place: Place) => Fix[];

/**
 * The ways to remove a fault of a document, the best first. Every fault inside of the top-level member has one: at last
 * to remove what is at fault.
 */
export function fixesOf(fault: Fault, document: JsonValue | undefined): Fix[] {
  if (document === undefined || fault.class === 'json') return [...(fault.fixes ?? [])];
  const place: Place = {
    fault,
    document,
    kind: documentTypeOf(document)?.kind,
    value: at(document, fault.pointer),
    name: tokens(fault.pointer).at(-1) ?? '',
  };
  const special = [...(fault.fixes ?? []), ...(fixers[fault.code]?.(place) ?? [])];
  return fault.severity === 'error' || special.length > 0 ? [...special, ...removal(place)] : special;
}

/** A fix that writes another value. */
export const replacement = (pointer: string, value: JsonValue, title: string, keepsMeaning: boolean): Fix => ({
  title,
  edits: [{ op: 'replace', pointer, value }],
  keepsMeaning,
});

const fixers: Readonly<Record<string, Fixer>> = {
  'yang/unknown-member': unknownMember,
  'yang/wrong-type': ofValue,
  'yang/invalid-value': ofValue,
  'yang/bare-identity': ofValue,
  'yang/not-wire-form': ofValue,
  'yang/missing-member': missingMember,
  'yang/must': reversedBounds,
  'yang/double-entry': doubleEntry,
  'rfc/bounds-reversed': reversedBounds,
  'rfc/lifetime-missing': ({ fault }) => [addition(fault.pointer, 'lifetime', 3600)],
  'rfc/lifetime-zero': ({ fault: { pointer } }) => [
    replacement(pointer, 3600, 'Write a lifetime of 3600 seconds', false),
    replacement(pointer, -1, 'Write an indefinite lifetime, -1', false),
  ],
  'rfc/target-missing': ({ fault }) => [addition(fault.pointer, 'target-prefix', ['192.0.2.0/24'])],
  'rfc/scope-missing': ({ fault }) => [
    addition(fault.pointer, 'scope', [{ 'target-prefix': ['192.0.2.0/24'], lifetime: 3600 }]),
  ],
  'rfc/config-empty': ({ fault }) => [
    addition(fault.pointer, 'mitigating-config', { 'heartbeat-interval': { 'current-value': 30 } }),
  ],
  'rfc/redirect-missing': ({ fault }) => [addition(fault.pointer, 'alt-server', 'dots.example.com')],
  'rfc/one-scope': ({ document, fault }) => scopeFixes(document, fault.pointer),
  'advice/host-bits': hostBits,
  'advice/wide-target': narrower,
  'policy/undefined-name': ({ fault }) => quotedFixes(fault),
  'policy/unsorted-points': sortedPoints,
};

function ofValue({ fault, kind, value, document }: Place): Fix[] {
  if (kind === undefined || value === undefined) return [];
  return valueFixes(kind, fault.pointer, value, document);
}

/** A name of before the RFCs, one without its module, or one that is misspelt. */
function unknownMember({ fault, kind, document, name }: Place): Fix[] {
  if (kind === undefined) return [];
  const around = parent(fault.pointer);
  const object = schemaAt(kind, tokens(around));
  const owner = at(document, around);
  const holder = tokens(around).findLast((token) => !/^\d+$/.test(token)) ?? '';
  const { use, isSame } = nearMember(name, Object.keys(object?.properties ?? {}), holder);
  if (use === undefined || !isObject(owner) || Object.hasOwn(owner, use)) return [];
  const edits: Edit[] = [{ op: 'rename', pointer: fault.pointer, name: use }];
  return [{ title: `Rename to "${use}"`, edits, keepsMeaning: isSame === true || isSlip(name, use) }];
}

/** The same letters but for one or two slips in a long name. */
const isSlip = (name: string, use: string): boolean =>
  use.length >= 6 &&
  Math.abs(use.length - name.length) <= 1 &&
  closest(name, [use]) !== undefined &&
  differs(name, use) <= 2;

/** How many places differ where both texts are aligned at their starts and ends. */
function differs(one: string, other: string): number {
  let start = 0;
  while (start < one.length && one[start] === other[start]) start += 1;
  let end = 0;
  while (end < Math.min(one.length, other.length) - start && one.at(-1 - end) === other.at(-1 - end)) end += 1;
  return Math.max(one.length, other.length) - start - end;
}

/** Each member that is required and absent. */
function missingMember({ fault, kind, value }: Place): Fix[] {
  const name = /^"([^"]+)"/.exec(fault.message)?.[1];
  if (kind === undefined || name === undefined || !isObject(value)) return [];
  return [addition(fault.pointer, name, sampleMember(kind, fault.pointer, name))];
}

const addition = (pointer: string, name: string, value: JsonValue): Fix => ({
  title: `Add "${name}": ${shown(value)}`,
  edits: [{ op: 'add', pointer, name, value }],
  keepsMeaning: false,
});

/** Members that bound a range from below, with those that bound it from above. */
const bounds = [
  ['lower-port', 'upper-port'],
  ['lower-type', 'upper-type'],
  ['min-value', 'max-value'],
] as const;

function reversedBounds({ fault, document }: Place): Fix[] {
  const owners = [fault.pointer, parent(fault.pointer)];
  return owners.flatMap((pointer) => {
    const owner = at(document, pointer);
    return isObject(owner) ? bounds.flatMap(([low, high]) => swap(owner, pointer, low, high)) : [];
  });
}

function swap(owner: JsonObject, pointer: string, low: string, high: string): Fix[] {
  const { [low]: lower, [high]: upper } = owner;
  if (lower === undefined || upper === undefined || Number(lower) <= Number(upper)) return [];
  const edits: Edit[] = [
    { op: 'replace', pointer: child(pointer, low), value: upper },
    { op: 'replace', pointer: child(pointer, high), value: lower },
  ];
  return [{ title: `Swap "${low}" and "${high}"`, edits, keepsMeaning: false }];
}

/** An entry that equals another one in all of its content says nothing. */
function doubleEntry({ fault, document, value }: Place): Fix[] {
  if (typeof value === 'string' && value.includes(' ')) {
    const bits = [...new Set(value.split(/ +/))].join(' ');
    return [replacement(fault.pointer, bits, `Write "${bits}"`, true)];
  }
  const first = fault.related?.[0]?.pointer;
  const isEqual = first !== undefined && JSON.stringify(at(document, first)) === JSON.stringify(value);
  const edits: Edit[] = [{ op: 'remove', pointer: fault.pointer }];
  return [{ title: 'Remove the repeated entry', edits, keepsMeaning: isEqual }];
}

function hostBits({ fault, value }: Place): Fix[] {
  const prefix = typeof value === 'string' ? parsePrefix(value) : undefined;
  if (prefix === undefined || typeof value !== 'string') return [];
  const [network, host] = [formatPrefix(prefix), `${value.split('/')[0]}/${value.includes(':') ? 128 : 32}`];
  return [
    replacement(fault.pointer, network, `Write the prefix ${network}`, true),
    replacement(fault.pointer, host, `Write the address ${host}`, false),
  ];
}

/** The first network of the length that attacks are usually aimed at; the user writes the number of the right one. */
function narrower({ fault, value }: Place): Fix[] {
  const prefix = typeof value === 'string' ? parsePrefix(value) : undefined;
  if (prefix === undefined) return [];
  const length = prefix.family === 'ipv4' ? 24 : 48;
  const first = formatPrefix({ ...prefix, length });
  return [replacement(fault.pointer, first, `Narrow to a /${length}: ${first}`, false)];
}

/** The name that a message of a policy suggests. */
function quotedFixes({ message, pointer, atName }: Fault): Fix[] {
  const near = /Did you mean "([^"]+)"\?$/.exec(message)?.[1];
  if (near === undefined) return [];
  if (atName !== true) return [replacement(pointer, near, `Write "${near}"`, false)];
  return [{ title: `Rename to "${near}"`, edits: [{ op: 'rename', pointer, name: near }], keepsMeaning: false }];
}

function sortedPoints({ document, fault }: Place): Fix[] {
  const pointer = [fault.pointer, parent(fault.pointer)].find((each) =>
    Array.isArray(at(document, each)?.[0 as never]),
  );
  if (pointer === undefined) return [];
  const sorted = [...itemsOf(at(document, pointer))].sort(
    (one, other) => Number(itemsOf(one)[0]) - Number(itemsOf(other)[0]),
  );
  return [replacement(pointer, sorted, 'Sort the points by time', false)];
}

/** To remove what is at fault: the member or the entry; where the list or object must not be empty, that. */
function removal({ fault, document, kind, name }: Place): Fix[] {
  const pointer = removable(document, fault.pointer, kind === undefined ? 1 : 2);
  if (pointer === undefined) return topFix(fault, kind);
  const removed = tokens(pointer).at(-1) ?? name;
  const title = /^\d+$/.test(removed) ? `Remove entry ${Number(removed) + 1}` : `Remove "${removed}"`;
  return [{ title, edits: [{ op: 'remove', pointer }], keepsMeaning: false }];
}

/** The member or entry to remove; undefined where it is the document itself. */
function removable(document: JsonValue, pointer: string, depth: number): string | undefined {
  if (tokens(pointer).length < depth) return undefined;
  const owner = at(document, parent(pointer));
  if (at(document, pointer) === undefined) return removable(document, parent(pointer), depth);
  const isOnly = Array.isArray(owner) && owner.length === 1;
  return isOnly ? (removable(document, parent(pointer), depth) ?? pointer) : pointer;
}

/** A fault of the top-level member as a whole: its content can only be written again. */
function topFix({ pointer }: Fault, kind: DocumentKind | undefined): Fix[] {
  if (kind === undefined) return [replacement(pointer, {}, 'Replace the content by an empty object', false)];
  const [top = documentType(kind).topMember] = tokens(pointer);
  return [replacement(child('', top), sampleOf(kind, [top]), 'Replace the content by an example', false)];
}
