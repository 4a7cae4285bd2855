import { documentTypeOf, type DocumentKind } from '#dots/model/documents';
import { isObject, itemsOf, type JsonObject, type JsonValue } from '#dots/model/json';
import { child } from '#dots/model/pointer';
import { aclFacts, type AclFact } from './aclFacts';

/** A text of a document and its place. */
export interface TextAt {
  text: string;
  pointer: string;
}

/** What a scope or an alias names as targets. */
export interface Targets {
  prefixes: TextAt[];
  fqdns: TextAt[];
  uris: TextAt[];
  aliases: TextAt[];
}

export interface AliasFact {
  name: string;
  pointer: string;
  /** The client that owns it, if the document names one. */ cuid?: string;
  targets: Targets;
}

/** One entry of `scope`. */
export interface ScopeFact {
  pointer: string;
  value: JsonObject;
  targets: Targets;
  /** false: it waits for the loss of the session. */
  immediate: boolean;
  /** It reports on the efficacy of a request that was made before. */
  efficacy: boolean;
  callHome: boolean;
  /** The ACLs that it activates or deactivates. */
  acls: (TextAt & { activation: string })[];
}

export interface AttackFact {
  vendor: number;
  attack: number;
  pointer: string;
  described: boolean;
}

/** What other documents may need to know of one. */
export interface Facts {
  kind: DocumentKind | undefined;
  /** The members of a mitigation document are those that a server writes. */
  looksLikeStatus: boolean;
  aliases: AliasFact[];
  acls: AclFact[];
  scopes: ScopeFact[];
  /** Names of aliases in telemetry. */
  telemetryAliases: TextAt[];
  /** The target of a client's telemetry, with the section that defines it. */
  telemetryTargets: { targets: Targets; rfc: string }[];
  attacks: AttackFact[];
  /** `vendor/attack`. */
  mapped: string[];
  mapsAttacks: boolean;
  capabilities: { value: JsonObject; pointer: string }[];
}

/** Reads the facts of a document; malformed parts are skipped. Linear in its size. */
export function factsOf(value: JsonValue | undefined): Facts {
  const type = documentTypeOf(value);
  const facts: Facts = {
    kind: type?.kind,
    looksLikeStatus: false,
    aliases: [],
    acls: [],
    scopes: [],
    telemetryAliases: [],
    telemetryTargets: [],
    attacks: [],
    mapped: [],
    mapsAttacks: false,
    capabilities: [],
  };
  if (type !== undefined && isObject(value))
    readers[type.kind]?.(facts, value[type.topMember] as JsonValue, child('', type.topMember));
  return facts;
}

type Reader = (facts: Facts, body: JsonValue | undefined, pointer: string, cuid?: string) => void;

const readers: Partial<Record<DocumentKind, Reader>> = {
  'mitigation-scope': readScopes,
  aliases: readAliases,
  acls: readAcls,
  capabilities: (facts, value, pointer) => void (isObject(value) && facts.capabilities.push({ value, pointer })),
  'vendor-mapping': readMapping,
  'dots-client': readClients,
  'dots-data': readData,
  telemetry: readTelemetry,
  'telemetry-setup': readSetup,
};

/** The objects of the list at a member, with their pointers. */
function entriesOf(owner: JsonValue | undefined, member: string, pointer: string): { entry: JsonObject; at: string }[] {
  const list = child(pointer, member);
  return itemsOf(isObject(owner) ? owner[member] : undefined).flatMap((entry, index) =>
    isObject(entry) ? [{ entry, at: child(list, index) }] : [],
  );
}

function textsOf(owner: JsonObject, member: string, pointer: string): TextAt[] {
  const list = child(pointer, member);
  return itemsOf(owner[member]).flatMap((text, index) =>
    typeof text === 'string' ? [{ text, pointer: child(list, index) }] : [],
  );
}

function targetsOf(owner: JsonObject, pointer: string): Targets {
  return {
    prefixes: textsOf(owner, 'target-prefix', pointer),
    fqdns: textsOf(owner, 'target-fqdn', pointer),
    uris: textsOf(owner, 'target-uri', pointer),
    aliases: textsOf(owner, 'alias-name', pointer),
  };
}

/** Members that mark a status (RFC 9132 section 4.4.2). */
const statusMembers = ['mid', 'mitigation-start', 'status', 'conflict-information'];

function readScopes(facts: Facts, body: JsonValue | undefined, pointer: string): void {
  for (const { entry, at } of entriesOf(body, 'scope', pointer)) {
    if (statusMembers.some((member) => Object.hasOwn(entry, member))) facts.looksLikeStatus = true;
    facts.scopes.push(scopeFact(entry, at));
    readAttacks(facts, entry, 'ietf-dots-telemetry:attack-detail', at);
  }
}

function scopeFact(scope: JsonObject, pointer: string): ScopeFact {
  const acls = entriesOf(scope, 'ietf-dots-signal-control:acl-list', pointer).flatMap(({ entry, at }) => {
    const { 'acl-name': name, 'activation-type': activation = 'activate-when-mitigating' } = entry;
    return typeof name === 'string'
      ? [{ text: name, pointer: child(at, 'acl-name'), activation: String(activation) }]
      : [];
  });
  return {
    pointer,
    value: scope,
    targets: targetsOf(scope, pointer),
    acls,
    immediate: scope['trigger-mitigation'] !== false,
    efficacy: Object.hasOwn(scope, 'attack-status'),
    callHome: Object.hasOwn(scope, 'ietf-dots-call-home:source-prefix'),
  };
}

function readAliases(facts: Facts, body: JsonValue | undefined, pointer: string, cuid?: string): void {
  for (const { entry, at } of entriesOf(body, 'alias', pointer)) {
    if (typeof entry.name === 'string')
      facts.aliases.push({
        name: entry.name,
        pointer: child(at, 'name'),
        targets: targetsOf(entry, at),
        ...(cuid !== undefined && { cuid }),
      });
  }
}

function readAcls(facts: Facts, body: JsonValue | undefined, pointer: string, cuid?: string): void {
  facts.acls.push(...entriesOf(body, 'acl', pointer).flatMap(({ entry, at }) => aclFacts(entry, at, cuid)));
}

function readMapping(facts: Facts, body: JsonValue | undefined, pointer: string): void {
  facts.mapsAttacks = true;
  for (const { entry: vendor, at } of entriesOf(body, 'vendor', pointer)) {
    for (const { entry } of entriesOf(vendor, 'attack-mapping', at))
      facts.mapped.push(`${String(vendor['vendor-id'])}/${String(entry['attack-id'])}`);
  }
}

function readClient(facts: Facts, client: JsonObject, pointer: string): void {
  const cuid = typeof client.cuid === 'string' ? client.cuid : undefined;
  readAliases(facts, client.aliases, child(pointer, 'aliases'), cuid);
  readAcls(facts, client.acls, child(pointer, 'acls'), cuid);
  readOwnMapping(facts, client, pointer);
}

function readOwnMapping(facts: Facts, owner: JsonObject, pointer: string): void {
  const member = 'ietf-dots-mapping:vendor-mapping';
  if (Object.hasOwn(owner, member)) readMapping(facts, owner[member], child(pointer, member));
}

function readClients(facts: Facts, body: JsonValue | undefined, pointer: string): void {
  itemsOf(body).forEach((client, index) => {
    if (isObject(client)) readClient(facts, client, child(pointer, index));
  });
}

function readData(facts: Facts, body: JsonValue | undefined, pointer: string): void {
  if (!isObject(body)) return;
  readClients(facts, body['dots-client'], child(pointer, 'dots-client'));
  if (isObject(body.capabilities))
    facts.capabilities.push({ value: body.capabilities, pointer: child(pointer, 'capabilities') });
  readOwnMapping(facts, body, pointer);
}

function readTelemetry(facts: Facts, body: JsonValue | undefined, pointer: string): void {
  for (const { entry, at } of entriesOf(body, 'pre-or-ongoing-mitigation', pointer)) {
    if (isObject(entry.target))
      readTarget(facts, entry.target, child(at, 'target'), '9244 8.1.1', Object.hasOwn(entry, 'tmid'));
    readAttacks(facts, entry, 'attack-detail', at);
  }
}

function readTarget(facts: Facts, target: JsonObject, pointer: string, rfc: string, isStatus: boolean): void {
  const targets = targetsOf(target, pointer);
  facts.telemetryAliases.push(...targets.aliases);
  if (!isStatus) facts.telemetryTargets.push({ targets, rfc });
}

function readSetup(facts: Facts, body: JsonValue | undefined, pointer: string): void {
  for (const { entry, at } of entriesOf(body, 'telemetry', pointer)) {
    for (const baseline of entriesOf(entry, 'baseline', at))
      readTarget(facts, baseline.entry, baseline.at, '9244 7.3', Object.hasOwn(entry, 'tsid'));
  }
}

function readAttacks(facts: Facts, owner: JsonObject, member: string, pointer: string): void {
  for (const { entry, at } of entriesOf(owner, member, pointer)) {
    const { 'vendor-id': vendor, 'attack-id': attack } = entry;
    if (typeof vendor !== 'number' || typeof attack !== 'number') continue;
    facts.attacks.push({
      vendor,
      attack,
      pointer: child(at, 'attack-id'),
      described: typeof entry['attack-description'] === 'string',
    });
  }
}
