import type { Fault } from '#dots/model/finding';
import { isObject, type JsonValue } from '#dots/model/json';
import { bareName } from '#dots/model/lexicalForms';
import { child, tokens } from '#dots/model/pointer';
import type { Place } from '../bgp/rule';

/** The units of documents that become rules; a part is a client's ACLs or aliases. */
export type UnitKind = 'document' | 'client' | 'part' | 'acl' | 'entry' | 'scope' | 'target' | 'alias';

/** A unit, and its place. */
export interface Unit extends Place {
  kind: UnitKind;
  /** The place in the list of the smallest unit that it is in; -1 for a document. */
  within: number;
}

/** Where units are: the members to search, by the member that contains them. Module names are ignored here. */
const inside: Readonly<Record<string, readonly string[]>> = {
  '': ['acls', 'aliases', 'dots-data', 'dots-client', 'mitigation-scope'],
  'dots-data': ['dots-client'],
  'dots-client': ['acls', 'aliases'],
  acls: ['acl'],
  acl: ['aces'],
  aces: ['ace'],
  aliases: ['alias'],
  'mitigation-scope': ['scope'],
  scope: ['target-prefix', 'target-fqdn', 'target-uri', 'alias-name'],
};

/** The lists whose entries are units. */
const kinds: Readonly<Record<string, UnitKind>> = {
  'dots-client': 'client',
  acl: 'acl',
  ace: 'entry',
  alias: 'alias',
  scope: 'scope',
  'target-prefix': 'target',
  'target-fqdn': 'target',
  'target-uri': 'target',
  'alias-name': 'target',
};

/**
 * The units of a document, each before those inside it. Found by the names of members alone, not by the translation to
 * rules, so that the two can be compared.
 */
export function unitsOf(file: string, value: JsonValue): Unit[] {
  const units: Unit[] = [{ kind: 'document', file, pointer: '', within: -1 }];
  collectMembers(value, '', units, 0);
  return units;
}

/** Adds the units in the members of the unit at `within`, or of a container in it. */
function collectMembers(value: JsonValue, name: string, units: Unit[], within: number, pointer = ''): void {
  const wanted = inside[name];
  if (wanted === undefined || !isObject(value)) return;
  const { file } = units[within] as Unit;
  for (const [member, inner] of Object.entries(value)) {
    const bare = bareName(member);
    if (!wanted.includes(bare)) continue;
    const at = child(pointer, member);
    const isPart = name === 'dots-client';
    if (isPart) units.push({ kind: 'part', file, pointer: at, within });
    collectMember(inner, bare, units, isPart ? units.length - 1 : within, at);
  }
}

function collectMember(value: JsonValue, name: string, units: Unit[], within: number, pointer: string): void {
  const kind = kinds[name];
  if (kind === undefined || !Array.isArray(value)) return collectMembers(value, name, units, within, pointer);
  const { file } = units[within] as Unit;
  for (const [index, entry] of value.entries()) {
    const at = child(pointer, index);
    units.push({ kind, file, pointer: at, within });
    collectMembers(entry, name, units, units.length - 1, at);
  }
}

/** Lists with independent entries: a fault of one does not concern the others. */
const independent = new Set(['dots-client', 'acl', 'ace', 'alias', 'scope']);

/**
 * The smallest unit that a fault at this pointer may concern, as a pointer: an entry of a list, the ACLs or aliases of
 * a client, or the whole document (""). The fault does not concern anything outside of it.
 */
export function unitAround(pointer: string): string {
  let around = '';
  let here = '';
  let before = '';
  let isInClient = false;
  for (const token of tokens(pointer)) {
    here = child(here, token);
    const isEntry = independent.has(before) && /^\d+$/.test(token);
    if (isEntry || (isInClient && (token === 'acls' || token === 'aliases'))) around = here;
    isInClient = isEntry && before === 'dots-client';
    before = bareName(token);
  }
  return around;
}

/**
 * The units that a fault may concern, as pointers: that of its place, and those of its related places, such as the
 * entry with the same key.
 */
export function unitsTouched({ pointer, related = [] }: Fault): string[] {
  const others = related.filter(({ file }) => file === undefined).map((other) => other.pointer);
  return [pointer, ...others].map(unitAround);
}
