import { isObject, itemsOf, type JsonObject, type JsonValue } from '#dots/model/json';
import { printable } from '#dots/model/text';
import { count, duration, plural } from '#dots/words/quantities';
import { targetsOf } from '#dots/words/targets';
import { lined } from './textLayout';
import { fact, type EntryRef, type TreeNode } from './treeNode';

/** The aliases and ACLs of this client that a server has reported. */
export interface InstalledState {
  /** The profile of the server. */
  name: string;
  cuid: string;
  entries: readonly { container: EntryRef['container']; entry: JsonObject }[];
  /** When they were read, milliseconds since 1970; undefined where no reading has succeeded. */
  readAt: number | undefined;
  /** Why the last reading failed. */
  error: string | undefined;
}

/** The rows of what is installed at a server. `now`: milliseconds since 1970. */
export function installedNodes(state: InstalledState, now: number): TreeNode[] {
  const { name, error } = state;
  const failed = error === undefined ? [] : [failedNode(name, error)];
  return [...failed, ...state.entries.map(({ container, entry }) => entryNode(state, container, entry, now))];
}

const failedNode = (name: string, error: string): TreeNode =>
  fact(`installed/${name}/error`, 'Data channel', error, 'warning', lined(error, 'The rows below are as last known.'));

function entryNode(
  { name: session, cuid, readAt = 0 }: InstalledState,
  container: EntryRef['container'],
  entry: JsonObject,
  now: number,
): TreeNode {
  const name = String(entry.name);
  const isAcl = container === 'acls';
  const description = isAcl ? aclWords(entry) : aliasWords(entry);
  return {
    id: `installed/${session}/${container}/${name}`,
    role: isAcl ? 'acl' : 'alias',
    entry: { container, name, cuid, session },
    session,
    label: printable(name),
    description: printable(description),
    spoken: printable(`${isAcl ? 'ACL' : 'Alias'} ${name} on ${session}: ${description}`),
    tooltip: lined(
      ...(isAcl
        ? [activationSentence(entry), plural(acesOf(entry).length, 'ACE')]
        : [`Targets: ${targetsOf(entry).join(', ')}`]),
      lifetimeSentence(entry),
      `Read ${duration(Math.max(0, now - readAt) / 1000)} ago`,
      `cuid: ${cuid}`,
    ),
    opens: 'dots.openEntry',
    ...(isAcl ? aclIcon(entry) : { icon: 'tag' }),
    children: [],
  };
}

const activations: Readonly<Record<string, readonly [short: string, sentence: string]>> = {
  immediate: ['ACL, active', 'This ACL is always active.'],
  'activate-when-mitigating': ['ACL, standby', 'This ACL becomes active when a mitigation of this client is in force.'],
  deactivate: ['ACL, off', 'This ACL is deactivated.'],
};

const activationOf = (entry: JsonObject): string =>
  typeof entry['activation-type'] === 'string' ? entry['activation-type'] : 'activate-when-mitigating';

const activationSentence = (entry: JsonObject): string => activations[activationOf(entry)]?.[1] ?? activationOf(entry);

function aclWords(entry: JsonObject): string {
  const matched = matchedPackets(entry);
  const facts = [matched === undefined ? undefined : `${count(matched)} pkt`, lifetimeWords(entry)];
  const words = facts.filter((each) => each !== undefined);
  return [activations[activationOf(entry)]?.[0] ?? `ACL, ${activationOf(entry)}`, ...words].join(', ');
}

function aliasWords(entry: JsonObject): string {
  const [first = 'nothing', ...rest] = targetsOf(entry);
  return `alias of ${first}${rest.length > 0 ? ` +${rest.length}` : ''}`;
}

const aclIcon = (entry: JsonObject): Pick<TreeNode, 'icon' | 'color'> =>
  activationOf(entry) === 'immediate'
    ? { icon: 'filter-filled', color: 'charts.green' }
    : { icon: activationOf(entry) === 'deactivate' ? 'circle-slash' : 'filter' };

/** `pending-lifetime` is in minutes (RFC 8783 section 4.3). */
function lifetimeWords(entry: JsonObject): string | undefined {
  const minutes = entry['pending-lifetime'];
  return typeof minutes === 'number' ? `${duration(60 * minutes)} left` : undefined;
}

const lifetimeSentence = (entry: JsonObject): string => {
  const words = lifetimeWords(entry);
  return words === undefined ? 'The server reports no lifetime.' : `${words}, unless it is refreshed`;
};

function acesOf(entry: JsonObject): JsonObject[] {
  return isObject(entry.aces) ? itemsOf(entry.aces.ace).filter(isObject) : [];
}

/** What the ACEs have matched together, as far as the server counts it (RFC 8519 section 4.2). */
function matchedPackets(entry: JsonObject): number | undefined {
  const counters = acesOf(entry)
    .map(({ statistics }) => (isObject(statistics) ? numberOf(statistics['matched-packets']) : undefined))
    .filter((each) => each !== undefined);
  return counters.length === 0 ? undefined : counters.reduce((sum, each) => sum + each, 0);
}

/** 64-bit counters are strings in JSON (RFC 7951 section 6.1); a rounded number is enough for words. */
function numberOf(value: JsonValue | undefined): number | undefined {
  const number = typeof value === 'string' && value !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined;
}
