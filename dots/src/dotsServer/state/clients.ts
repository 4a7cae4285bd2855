import { DotsError } from '#dots/model/errors';
import { parsePrefix, type Prefix } from '#dots/model/prefix';

/** Limits of one client, all its cuids together; an absent one is that of the server (`Limits`). */
export interface ClientLimits {
  mitigations?: number | undefined;
  /** Of each kind. */
  telemetry?: number | undefined;
  aliases?: number | undefined;
  acls?: number | undefined;
  /** In all ACLs. */
  aces?: number | undefined;
  /** Open sessions of the signal channel. */
  sessions?: number | undefined;
  /** Observed resources. */
  observers?: number | undefined;
  /** The body of a request on the signal channel, bytes. */
  body?: number | undefined;
  /** The body of a request on the data channel, bytes. */
  'data-body'?: number | undefined;
  /** Requests per second, both channels together. */
  requests?: number | undefined;
}

/** One client of a server as an administrator describes it. */
export interface ClientDefinition {
  name: string;
  /** `Security.identity` of each of its certificates and pre-shared keys. */
  identities: readonly string[];
  /** The only cuid that it may use; without one it may use one at a time. */
  cuid?: string | undefined;
  /** The prefixes that it may request mitigation for; absent: all. */
  ownPrefixes?: readonly string[] | undefined;
  /** Whether it is a gateway: it may send a cdid and act for several cuids (RFC 9132 section 4.4.1.2). */
  gateway?: boolean | undefined;
  /** Whether its requests with `acl-list` count as attack time, the first one included (RFC 9133 section 3.2.1). */
  offloads?: boolean | undefined;
  limits?: ClientLimits | undefined;
}

/** A client of the server: who is behind the proved identities that requests come with. */
export interface Client {
  name: string;
  cuid: string | undefined;
  /** Undefined: unrestricted. */
  ownPrefixes: readonly Prefix[] | undefined;
  gateway: boolean;
  /** Whether it asks for offload, which is attack time. */
  offloads: boolean;
  limits: ClientLimits;
  /** Whether it may use several cuids at a time. */
  manyCuids: boolean;
}

/** The name of the client that all requests over a plain path come from. */
const plainName = 'plain CoAP';

/**
 * Who the clients of a server are. Each proved identity belongs to one client. Without definitions each identity is a
 * separate client, with unrestricted prefixes and any number of cuids. What comes over a plain path, which proves
 * nothing, is one more client.
 */
export class Clients {
  private readonly byIdentity = new Map<string, Client>();
  private readonly byCuid = new Map<string, Client>();
  private readonly plain = unrestricted(plainName);

  /** Throws a DotsError of kind `usage`, `orchestrator/identity-of-two`, where two clients have the same identity. */
  constructor(private definitions?: readonly ClientDefinition[]) {
    for (const definition of definitions ?? []) this.define(definition, clientOf(definition));
  }

  /** Other definitions: who has a name of before is the same client. Throws as the constructor does, then as before. */
  redefine(definitions: readonly ClientDefinition[]): void {
    const checked = new Clients(definitions);
    const known = new Map([...this.byIdentity.values()].map((client) => [client.name, client]));
    this.definitions = checked.definitions;
    this.byIdentity.clear();
    this.byCuid.clear();
    for (const definition of definitions)
      this.define(definition, Object.assign(known.get(definition.name) ?? {}, clientOf(definition)));
  }

  /** Whether an administrator has described the clients. */
  get areDefined(): boolean {
    return this.definitions !== undefined;
  }

  /**
   * The client that an identity belongs to; undefined where it belongs to none of those that are defined. Two calls
   * return the same object exactly if both identities belong to the same client.
   * @param identity `Security.identity`; undefined: a plain path
   */
  of(identity: string | undefined): Client | undefined {
    if (identity === undefined) return this.plain;
    const known = this.byIdentity.get(identity);
    if (known !== undefined || this.areDefined) return known;
    const client = unrestricted(identityText(identity));
    this.byIdentity.set(identity, client);
    return client;
  }

  /** The client that a cuid is configured for: no other may use it, also before the client does. */
  configuredFor(cuid: string): Client | undefined {
    return this.byCuid.get(cuid);
  }

  /** The sum of a limit over all clients whose definition has it. */
  granted(limit: keyof ClientLimits): number {
    return (this.definitions ?? []).reduce((sum, { limits }) => sum + (limits?.[limit] ?? 0), 0);
  }

  private define({ identities }: ClientDefinition, client: Client): void {
    for (const identity of identities) this.add(identity, client);
    if (client.cuid !== undefined) this.byCuid.set(client.cuid, client);
  }

  private add(identity: string, client: Client): void {
    const other = this.byIdentity.get(identity);
    if (other !== undefined && other !== client)
      throw new DotsError(
        'usage',
        'orchestrator/identity-of-two',
        `The clients "${other.name}" and "${client.name}" have the same ${identityText(identity)}.`,
        'Each identity belongs to one client: remove it from the other.',
      );
    this.byIdentity.set(identity, client);
  }
}

function clientOf({
  name,
  cuid,
  ownPrefixes,
  gateway = false,
  offloads = false,
  limits = {},
}: ClientDefinition): Client {
  return {
    name,
    cuid,
    ownPrefixes: ownPrefixes?.map(parsePrefix).filter((prefix) => prefix !== undefined),
    gateway,
    offloads,
    limits,
    manyCuids: gateway,
  };
}

/** A client of its own that nothing restricts. */
export function unrestricted(name: string): Client {
  return {
    name,
    cuid: undefined,
    ownPrefixes: undefined,
    gateway: false,
    offloads: false,
    limits: {},
    manyCuids: true,
  };
}

const pskMark = 'psk:';

/** A proved identity in words. */
export function identityText(identity: string): string {
  return identity.startsWith(pskMark)
    ? `identity "${identity.slice(pskMark.length)}" of a pre-shared key`
    : `certificate with the public key ${identity}`;
}

/** The entry that adds a proved identity to a client of a clients file. */
export function identityEntry(identity: string): string {
  return JSON.stringify(
    identity.startsWith(pskMark) ? { 'psk-identity': identity.slice(pskMark.length) } : { 'spki-sha256': identity },
  );
}

/** How an operator says that two identities are of one client. */
export function sameClientHint(identity: string): string {
  return `Without a clients file each key is a separate client. To use several for one client, add ${identityEntry(identity)} to its identities in a file for --clients.`;
}
