import { protocolName } from '#dots/flowspec/bgp/protocolNames';
import { isObject, itemsOf, type JsonObject, type JsonValue } from '#dots/model/json';
import { oneLine } from '#dots/model/text';
import { longDuration } from '#dots/words/quantities';

/** The words for an entry of a list, such as `ace dns-amp: drop udp 53 -> 192.0.2.0/24`. */
export function entryLabel(list: string, entry: JsonValue, index: number): string {
  if (!isObject(entry)) return shown(entry);
  const noun = nouns[list] ?? list;
  const name = nameIn(entry) ?? String(index + 1);
  const content = contents[list]?.(entry) ?? '';
  return oneLine(content === '' ? `${noun} ${name}` : `${noun} ${name}: ${content}`);
}

/** A value in few words: of a list its scalars, or their number. */
export function shown(value: JsonValue): string {
  if (Array.isArray(value))
    return value.some((item) => typeof item === 'object' && item !== null)
      ? entries(value.length)
      : limited(value.map(String));
  if (isObject(value)) return '';
  return oneLine(String(value));
}

/** The entries of lists, in the singular where the list has another name. */
const nouns: Readonly<Record<string, string>> = {
  'dots-client': 'client',
  'attack-mapping': 'attack',
  'attack-detail': 'attack',
  'ietf-dots-telemetry:attack-detail': 'attack',
  'ietf-dots-signal-control:acl-list': 'acl',
  'pre-or-ongoing-mitigation': 'telemetry',
  'target-port-range': 'ports',
  links: 'link',
  nodes: 'node',
  strategies: 'strategy',
};

/** Members that identify an entry, the most telling first. */
const identifying = ['name', 'acl-name', 'cuid', 'attack-id', 'vendor-id', 'tsid', 'tmid', 'mid', 'unit', 'lower-port'];

function nameIn(entry: JsonObject): string | undefined {
  const member = identifying.find((each) => typeof entry[each] === 'string' || typeof entry[each] === 'number');
  return member === undefined ? undefined : String(entry[member]);
}

const contents: Readonly<Record<string, (entry: JsonObject) => string>> = {
  ace: aceLabel,
  acl: aclLabel,
  scope: scopeLabel,
  alias: targetLabel,
  'attack-mapping': descriptionOf,
  'attack-detail': descriptionOf,
  'ietf-dots-telemetry:attack-detail': descriptionOf,
  'ietf-dots-signal-control:acl-list': (entry) => text(entry['activation-type']),
  'target-port-range': (entry) => (entry['upper-port'] === undefined ? '' : `to ${text(entry['upper-port'])}`),
};

function descriptionOf(entry: JsonObject): string {
  return text(entry['attack-description']);
}

/** What an entry of an ACL does with which packets: `drop udp 53 -> 192.0.2.0/24`. */
function aceLabel({ matches, actions }: JsonObject): string {
  const of = isObject(matches) ? matches : {};
  const network = object(of.ipv4 ?? of.ipv6);
  const transport = ['tcp', 'udp', 'icmp'].find((name) => isObject(of[name]));
  const ports = object(of[transport ?? '']);
  const protocol = transport ?? (typeof network.protocol === 'number' ? protocolName(network.protocol) : '');
  return [
    actionLabel(object(actions)),
    protocol,
    text(network['source-ipv4-network'] ?? network['source-ipv6-network']),
    portLabel(ports['source-port-range-or-operator']),
    '->',
    text(network['destination-ipv4-network'] ?? network['destination-ipv6-network']) || 'any',
    portLabel(ports['destination-port-range-or-operator']),
  ]
    .filter((word) => word !== '')
    .join(' ');
}

function actionLabel({ forwarding, 'rate-limit': rate }: JsonObject): string {
  const action = text(forwarding);
  return rate === undefined ? action.slice(action.indexOf(':') + 1) : `limit to ${text(rate)} B/s:`;
}

const comparisons: Readonly<Record<string, string>> = { lte: '<=', gte: '>=', neq: '!=' };

function portLabel(value: JsonValue | undefined): string {
  const ports = object(value);
  if (ports.port !== undefined) return `${comparisons[text(ports.operator)] ?? ''}${text(ports.port)}`;
  const [lower, upper] = [text(ports['lower-port']), text(ports['upper-port'])];
  return upper === '' || upper === lower ? lower : `${lower}-${upper}`;
}

function aclLabel(acl: JsonObject): string {
  return [entries(itemsOf(object(acl.aces).ace).length), text(acl['activation-type'])]
    .filter((word) => word !== '')
    .join(', ');
}

/** Members with targets, in the order in which a person names them. */
const targetMembers = ['target-prefix', 'target-fqdn', 'target-uri', 'alias-name'];

/** The targets of a scope or an alias: `192.0.2.0/24, udp, 53`. */
function targetLabel(entry: JsonObject): string {
  const targets = targetMembers.flatMap((member) => itemsOf(entry[member]).map(text));
  const protocols = itemsOf(entry['target-protocol']).map((each) =>
    typeof each === 'number' ? protocolName(each) : text(each),
  );
  const ports = itemsOf(entry['target-port-range']).map(portLabel);
  return [limited(targets), limited(protocols), limited(ports)].filter((words) => words !== '').join(', ');
}

function scopeLabel(scope: JsonObject): string {
  const { lifetime } = scope;
  const time = typeof lifetime === 'number' && lifetime > 0 ? `for ${longDuration(lifetime)}` : '';
  return [targetLabel(scope), time].filter((words) => words !== '').join(', ');
}

/** At most four words of a list. */
function limited(words: readonly string[]): string {
  return words.length > 4 ? `${words.slice(0, 3).join(', ')} and ${words.length - 3} more` : words.join(', ');
}

const entries = (count: number): string => (count === 1 ? '1 entry' : `${count} entries`);

const object = (value: JsonValue | undefined): JsonObject => (isObject(value) ? value : {});

const text = (value: JsonValue | undefined): string =>
  typeof value === 'string' || typeof value === 'number' ? String(value) : '';
