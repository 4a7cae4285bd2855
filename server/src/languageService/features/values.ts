import type { XYang, YangType } from '#dots/model/schema';
import { portsFor, protocols } from '../knowledge/numbers';
import { usualValues } from '../knowledge/usual';
import type { Cursor } from '../documents/cursor';
import type { DefinedNames } from '#dots/workspace/definitions';
import { oneLine } from '#dots/model/text';
import { isPort, isProtocol, valueText } from './facts';
import { inSnippet } from './skeleton';

/** A value that can be written for a leaf; lower groups come first. */
export interface ValueSuggestion {
  label: string;
  detail?: string;
  /** Its meaning. */
  documentation?: string;
  snippet: string;
  filterText: string;
  group: number;
}

/**
 * The values that are known for a leaf or an entry of a leaf-list: its default, labels, identities, and numbers by
 * name.
 * @param path leads to the member from the top-level member
 */
export function valueSuggestions(path: readonly string[], yang: XYang | undefined): ValueSuggestion[] {
  const { type, default: preset } = yang ?? {};
  const name = path[path.length - 1] ?? '';
  if (type === undefined) return [];
  const all = ofType(path, type, preset).map((suggestion) => ({
    ...suggestion,
    ...meaning(path, yang, suggestion.label),
  }));
  if (preset !== undefined && !all.some(({ snippet }) => snippet === written(type, preset)))
    all.unshift(presetSuggestion(type, preset, yang?.units));
  if (name === 'lifetime')
    all.push({ label: '-1', detail: 'indefinite: until it is withdrawn', snippet: '-1', filterText: '-1', group: 2 });
  return all;
}

/**
 * Suggestions for an existing string of bits: each adds its bit, or replaces the word at the cursor; the others stay.
 */
export function withOtherBits(
  suggestions: ValueSuggestion[],
  yang: XYang | undefined,
  text: string,
  { touched, span, offset }: Cursor,
): ValueSuggestion[] {
  if (yang?.type?.base !== 'bits' || !touched || text.charAt(span.start) !== '"') return suggestions;
  const before = text.slice(span.start + 1, offset).replace(/[^ ]*$/, '');
  const after = text
    .slice(offset, span.end)
    .replace(/^[^ "]*/, '')
    .replace(/"$/, '');
  const others = `${before} ${after}`.split(' ');
  return suggestions
    .filter(({ label }) => !others.includes(label))
    .map((suggestion) => {
      const snippet = `"${before}${suggestion.label}${after}"`;
      return { ...suggestion, snippet, filterText: snippet };
    });
}

/** The kind of names in other documents that a member's values refer to. */
const namedBy: Readonly<Record<string, [of: keyof DefinedNames, detail: string]>> = {
  'alias-name': ['aliases', 'alias'],
  'acl-name': ['acls', 'ACL'],
};

/** The names that other documents define, for a leaf whose values are such names. */
export function nameSuggestions(path: readonly string[], names: DefinedNames): ValueSuggestion[] {
  const [of, detail] = namedBy[path.findLast((token) => !/^\d+$/.test(token)) ?? ''] ?? [];
  if (of === undefined || detail === undefined) return [];
  return names[of].map((name) => textSuggestion(name, detail));
}

/** Own prefixes where targets are written, and identifiers of clients. */
export function knownSuggestions(
  path: readonly string[],
  yang: XYang | undefined,
  { prefixes = [], cuids = [] }: { prefixes?: readonly string[]; cuids?: readonly string[] },
): ValueSuggestion[] {
  const name = path.findLast((token) => !/^\d+$/.test(token)) ?? '';
  if (name === 'cuid') return cuids.map((cuid) => textSuggestion(cuid, 'client identifier'));
  const isTarget = /-prefix$/.test(yang?.type?.name ?? '') && /^(?:target|destination)-/.test(name);
  return isTarget ? prefixes.map((prefix) => textSuggestion(prefix, 'own prefix')) : [];
}

function textSuggestion(text: string, detail: string): ValueSuggestion {
  const written = JSON.stringify(text);
  return { label: oneLine(text), detail, snippet: inSnippet(written), filterText: written, group: 0 };
}

function presetSuggestion(type: YangType, preset: string, units: string | undefined): ValueSuggestion {
  const snippet = written(type, preset);
  return {
    label: preset,
    detail: `default${units === undefined ? '' : `, in ${units}`}`,
    snippet,
    filterText: snippet,
    group: 0,
  };
}

function ofType(path: readonly string[], type: YangType, preset: string | undefined): ValueSuggestion[] {
  const name = path[path.length - 1] ?? '';
  if (isProtocol(name, type)) return numbers(protocols);
  if (isPort(type)) return numbers(portsFor(path));
  switch (type.base) {
    case 'boolean':
      return ['true', 'false'].map((label) => ({
        label,
        snippet: label,
        filterText: label,
        group: label === preset ? 0 : 1,
        ...defaultNote(label, preset),
      }));
    case 'enumeration':
      return Object.keys(type.enums ?? {}).map((label) => labelled(label, preset));
    case 'bits':
      return (type.bits ?? []).map((label) => labelled(label, preset));
    case 'identityref':
      return (type.identities ?? []).map((identityName) => identity(identityName, name));
    case 'union':
      return (type.members ?? []).flatMap((member) => ofType(path, member, preset));
    default:
      return [];
  }
}

function numbers(known: ReadonlyMap<number, string>): ValueSuggestion[] {
  return [...known].map(([number, meaning]) => ({
    label: String(number),
    detail: meaning,
    snippet: String(number),
    filterText: `${number} ${meaning}`,
    group: 1,
  }));
}

function labelled(label: string, preset: string | undefined): ValueSuggestion {
  return {
    label,
    snippet: `"${label}"`,
    filterText: `"${label}"`,
    group: label === preset ? 0 : 1,
    ...defaultNote(label, preset),
  };
}

/** Identities are written with their module, which every server understands, and found by their bare name. */
function identity(name: string, member: string): ValueSuggestion {
  const bare = name.slice(name.indexOf(':') + 1);
  const usual = usualValues[member]?.includes(name) ?? true;
  return { label: bare, snippet: `"${name}"`, filterText: `"${bare} ${name}"`, group: usual ? 1 : 2 };
}

function meaning(path: readonly string[], yang: XYang | undefined, label: string): { documentation?: string } {
  const text = valueText(path, yang, label)?.text;
  return text === undefined ? {} : { documentation: text };
}

const defaultNote = (label: string, preset: string | undefined): { detail?: string } =>
  label === preset ? { detail: 'default' } : {};

const wholeNumbers: readonly YangType['base'][] = ['int8', 'int16', 'int32', 'uint8', 'uint16', 'uint32'];

/** How RFC 7951 writes a value of the type: whole numbers of up to 32 bits and booleans bare, all else in quotes. */
function written(type: YangType, value: string): string {
  const member = type.base === 'union' ? type.members?.[0] : type;
  return member?.base === 'boolean' || (member !== undefined && wholeNumbers.includes(member.base))
    ? value
    : `"${value}"`;
}
