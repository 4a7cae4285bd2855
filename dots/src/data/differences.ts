import { canonical } from '#dots/check/canonical';
import { planAt, type ObjectPlan } from '#dots/check/plan';
import { isObject, itemsOf, type JsonObject, type JsonValue } from '#dots/model/json';
import { oneLine, safeJson } from '#dots/model/text';
import { lists, without, withoutState, type Container } from './resources';

/** A member with another value; null where it is absent. */
export interface MemberChange {
  /** The names of the members that lead to it, `matches/udp/destination-port`. */
  path: string;
  before: JsonValue | null;
  after: JsonValue | null;
}

/** What happens to one ACE of an ACL that stays. */
export interface AceChange {
  name: string;
  change: 'added' | 'removed' | 'changed';
  members: MemberChange[];
}

/** What a request does to one alias or ACL on the server. */
export interface EntryChange {
  kind: 'alias' | 'acl';
  name: string;
  change: 'added' | 'removed' | 'changed' | 'unchanged';
  /** Members of the entry itself. */
  members: MemberChange[];
  aces: AceChange[];
  /** The names of the ACEs in both, in their new order; empty where the order is the same. */
  order: string[];
}

const activationDefault = { 'activation-type': 'activate-when-mitigating' };

/**
 * Compares an entry with the one of that name on the server, by what the values mean: RFC 8783 sections 6 and 7. State
 * of the server (`pending-lifetime`, statistics) does not count.
 */
export function changeOf(container: Container, before: JsonObject | undefined, after: JsonObject): EntryChange {
  const change = { kind: lists[container], name: String(after.name), members: [], aces: [], order: [] };
  if (before === undefined) return { ...change, change: 'added' };
  const plan = planAt(container, lists[container]);
  const [old, fresh] = [before, after].map((entry) => ownMembers(container, entry)) as [JsonObject, JsonObject];
  const members = memberChanges(old, fresh, plan);
  const [oldAces, newAces] = [acesOf(before), acesOf(after)];
  const aces = aceChanges(oldAces, newAces);
  const order = orderChange(oldAces, newAces);
  const same = members.length + aces.length + order.length === 0;
  return { ...change, change: same ? 'unchanged' : 'changed', members, aces, order };
}

/** The removal of an entry. */
export function removalOf(container: Container, name: string): EntryChange {
  return { kind: lists[container], name, change: 'removed', members: [], aces: [], order: [] };
}

function ownMembers(container: Container, entry: JsonObject): JsonObject {
  const own = without(withoutState(entry), 'aces');
  return container === 'acls' ? { ...activationDefault, ...own } : own;
}

function acesOf(entry: JsonObject): Map<string, JsonObject> {
  const { aces } = withoutState(entry);
  const list = isObject(aces) ? itemsOf(aces.ace).filter(isObject) : [];
  return new Map(list.map((ace) => [String(ace.name), ace]));
}

function aceChanges(before: ReadonlyMap<string, JsonObject>, after: ReadonlyMap<string, JsonObject>): AceChange[] {
  const plan = planAt('acls', 'acl', 'aces', 'ace');
  const removed = [...before.keys()]
    .filter((name) => !after.has(name))
    .map((name): AceChange => ({ name, change: 'removed', members: [] }));
  const others = [...after].flatMap(([name, ace]): AceChange[] => {
    const old = before.get(name);
    if (old === undefined) return [{ name, change: 'added', members: [] }];
    const members = memberChanges(old, ace, plan);
    return members.length === 0 ? [] : [{ name, change: 'changed', members }];
  });
  return [...removed, ...others];
}

/** The first matching ACE decides, so their order matters: RFC 8519 section 3. */
function orderChange(before: ReadonlyMap<string, unknown>, after: ReadonlyMap<string, unknown>): string[] {
  const old = [...before.keys()].filter((name) => after.has(name));
  const fresh = [...after.keys()].filter((name) => before.has(name));
  return old.every((name, index) => name === fresh[index]) ? [] : fresh;
}

function memberChanges(before: JsonObject, after: JsonObject, plan: ObjectPlan | undefined, base = ''): MemberChange[] {
  return [...new Set([...Object.keys(before), ...Object.keys(after)])].flatMap((name) => {
    const [old, fresh] = [before[name], after[name]];
    const path = base + name;
    if (isObject(old) && isObject(fresh)) return memberChanges(old, fresh, plan?.members.get(name)?.object, `${path}/`);
    return old !== undefined && fresh !== undefined && sameMember(name, old, fresh, plan)
      ? []
      : [{ path, before: old ?? null, after: fresh ?? null }];
  });
}

function sameMember(name: string, old: JsonValue, fresh: JsonValue, plan: ObjectPlan | undefined): boolean {
  return canonical({ [name]: old }, plan) === canonical({ [name]: fresh }, plan);
}

/** Changes in words, a line each; lines about a part of an entry are indented. */
export function changeLines(changes: readonly EntryChange[]): string[] {
  return changes.flatMap((change) => [
    `${change.kind} ${quoted(change.name)} ${entryWords[change.change]}`,
    ...change.members.map((member) => `  ${memberWords(member)}`),
    ...change.aces.flatMap(aceLines),
    ...(change.order.length === 0 ? [] : [`  new order of the ACEs: ${change.order.map(quoted).join(', ')}`]),
  ]);
}

const entryWords: Readonly<Record<EntryChange['change'], string>> = {
  added: 'is new.',
  removed: 'is removed.',
  changed: 'replaces the one with that name:',
  unchanged: 'is on the server with the same content; its lifetime starts again.',
};

function aceLines({ name, change, members }: AceChange): string[] {
  return [`  ace ${quoted(name)} ${change}`, ...members.map((member) => `    ${memberWords(member)}`)];
}

function memberWords({ path, before, after }: MemberChange): string {
  if (before === null) return `${oneLine(path)} added: ${shown(after)}`;
  return after === null
    ? `${oneLine(path)} removed: ${shown(before)}`
    : `${oneLine(path)}: ${shown(before)} -> ${shown(after)}`;
}

/** The longest value in a line, characters. */
const longestValue = 200;

const quoted = (name: string): string => safeJson(name);

function shown(value: JsonValue): string {
  const text = safeJson(value);
  return text.length > longestValue ? `${text.slice(0, longestValue)}...` : text;
}
