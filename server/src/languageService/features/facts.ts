import { keyOf } from '#dots/cbor/keys';
import { expectedValue } from '#dots/check/typeText';
import { memberDoc, valueDoc, type Doc } from '#dots/model/docs';
import { documentType, type DocumentKind } from '#dots/model/documents';
import { rfcLabel, rfcUrl } from '#dots/model/finding';
import type { SchemaNode, XYang, YangType } from '#dots/model/schema';
import { longDuration } from '#dots/words/quantities';
import { docs } from '#schemas/docs/index';
import { ports, protocols } from '../knowledge/numbers';
import { valueInWords } from './valueWords';

/** The description of a member. `path` leads to it from the top-level member. */
export function memberText(path: readonly string[], node: SchemaNode): Doc | undefined {
  const module = node['x-yang']?.module;
  return module === undefined ? undefined : memberDoc(docs, module, path);
}

/** The section that describes a member; otherwise that of the kind of document. */
export function sectionOf(kind: DocumentKind, doc: Doc | undefined): string {
  return doc?.rfc ?? documentType(kind).rfc;
}

/** A Markdown link to a section. */
export function rfcLink(reference: string): string {
  return `[${rfcLabel(reference)}](${rfcUrl(reference)})`;
}

/** What a member is, in one line: `a list; each entry is an IPv4 or IPv6 prefix ...`, with units and default. */
export function typeLine(node: SchemaNode, item?: SchemaNode): string {
  const yang = node['x-yang'];
  const parts = [
    item === undefined ? expectedValue(node) : listWords(yang, item),
    yang?.units === undefined ? '' : `in ${yang.units}`,
    yang?.default === undefined ? '' : `default ${yang.default}`,
  ];
  return parts.filter((part) => part !== '').join('; ');
}

function listWords(yang: XYang | undefined, item: SchemaNode): string {
  if (item.type === 'object') return 'a list of objects';
  return `a list; each entry is ${expectedValue(yang?.type === undefined ? item : { 'x-yang': yang })}`;
}

/** The technical facts of a member as Markdown list items: mandatory, keys, read-only, module, CBOR key. */
export function factLines(kind: DocumentKind, name: string, node: SchemaNode): string[] {
  const yang = node['x-yang'];
  const key = documentType(kind).channel === 'signal' ? keyOf(name) : undefined;
  return [
    yang?.mandatory === true ? 'Must be present.' : '',
    yang?.keys === undefined ? '' : `Entries differ in ${yang.keys.map((member) => `\`${member}\``).join(' and ')}.`,
    yang?.config === false ? 'Reported by the server; a client does not send it.' : '',
    yang === undefined
      ? ''
      : `YANG: ${yang.node} of \`${yang.module}\`${yang.type?.name === undefined ? '' : `, type \`${yang.type.name}\``}`,
    key === undefined ? '' : `CBOR key: ${key}`,
  ].filter((line) => line !== '');
}

/** Whether a number at this member is an IP protocol. */
export function isProtocol(name: string, type: YangType | undefined): boolean {
  return type?.base === 'uint8' && (name === 'target-protocol' || name === 'protocol');
}

/** Whether a number at this member is a port. */
export function isPort(type: YangType | undefined): boolean {
  return type?.name === 'ietf-inet-types:port-number';
}

/** The description of a label, a bit or an identity of a member. */
export function valueText(path: readonly string[], yang: XYang | undefined, value: string): Doc | undefined {
  return yang?.type === undefined ? undefined : valueDoc(docs, yang.module, path, yang.type, value);
}

/** The meaning of a value, in a sentence, or undefined if it is self-explanatory. */
export function valueMeaning(path: readonly string[], yang: XYang | undefined, value: string): string | undefined {
  const name = path[path.length - 1] ?? '';
  if (isProtocol(name, yang?.type)) return protocols.get(Number(value));
  if (isPort(yang?.type)) return ports.get(Number(value));
  if (name === 'lifetime') return Number(value) === -1 ? 'indefinite: until it is withdrawn' : inWords(Number(value));
  const words = valueInWords(name, yang, value);
  if (words !== undefined) return words;
  const text = valueText(path, yang, value)?.text;
  const number = yang?.type?.enums?.[value];
  return number === undefined || text === undefined ? text : `${text} (${number} in CBOR.)`;
}

/** Seconds in words: `1 hour 30 minutes`. */
function inWords(seconds: number): string | undefined {
  if (!Number.isSafeInteger(seconds) || seconds < 1) return undefined;
  return longDuration(seconds);
}
