import type { Fault } from '#dots/model/finding';
import { canonicalName } from '#dots/model/domainName';
import { isObject, itemsOf, type JsonObject, type JsonValue } from '#dots/model/json';
import { child } from '#dots/model/pointer';
import { ownFault } from './ownFault';

/** What a client proves itself with, as it is written: exactly one of them. */
export interface WrittenIdentity {
  /** The path of a PEM file, absolute or relative to the clients file. */
  certificate?: string;
  /** SHA-256 of a public key, hex. */
  'spki-sha256'?: string;
  'psk-identity'?: string;
}

/** Limits of one client, all its cuids together. */
export interface ClientLimits {
  mitigations?: number;
  /** Of each kind. */
  telemetry?: number;
  aliases?: number;
  acls?: number;
  /** In all ACLs. */
  aces?: number;
  sessions?: number;
  observers?: number;
  /** Octets, on the signal channel. */
  body?: number;
  /** Octets. */
  'data-body'?: number;
  /** In a second. */
  requests?: number;
}

/** One client of a clients file. */
export interface WrittenClient {
  name: string;
  /** Absent: the lab issues a certificate. */
  identities?: readonly WrittenIdentity[];
  cuid?: string;
  /** Absent: unrestricted. */
  ownPrefixes?: readonly string[];
  gateway: boolean;
  limits: ClientLimits;
}

/** A clients file, read: who the clients of a server are. */
export interface ClientsFile {
  clients: readonly WrittenClient[];
  /** The addresses of names, by their canonical text. */
  names: ReadonlyMap<string, readonly string[]>;
}

/** A clients file's value, which is without faults. */
export function clientsOf(value: JsonValue | undefined): ClientsFile {
  const file = isObject(value) ? value : {};
  const names = Object.entries(isObject(file.names) ? file.names : {});
  return {
    clients: itemsOf(file.clients).filter(isObject).map(clientOf),
    names: new Map(names.map(([name, addresses]) => [canonicalName(name), itemsOf(addresses) as string[]])),
  };
}

function clientOf({ name, identities, cuid, gateway, limits, ...more }: JsonObject): WrittenClient {
  const ownPrefixes = more['own-prefixes'];
  return {
    name: String(name),
    ...(identities !== undefined && { identities: itemsOf(identities).filter(isObject) as WrittenIdentity[] }),
    ...(typeof cuid === 'string' && { cuid }),
    ...(ownPrefixes !== undefined && { ownPrefixes: itemsOf(ownPrefixes) as string[] }),
    gateway: gateway === true,
    limits: (isObject(limits) ? limits : {}) as ClientLimits,
  };
}

/** What a schema cannot say: names, cuids and identities belong to one client each. */
export function clientsFaults(value: JsonValue): Fault[] {
  const clients = itemsOf(isObject(value) ? value.clients : undefined).map((client) =>
    isObject(client) ? client : {},
  );
  const first = new Map<string, number>();
  return clients.flatMap((client, index) =>
    belongings(client, child('/clients', index)).flatMap(({ what, pointer }) => {
      const other = first.get(what);
      if (other === undefined) first.set(what, index);
      const sentence = `The client at /clients/${other ?? index} has this ${what.slice(0, what.indexOf(' '))} already: it belongs to one client.`;
      return other === undefined ? [] : [ownFault('config-duplicate', pointer, '9132 4.4.1.3', sentence)];
    }),
  );
}

/** What belongs to one client alone: a word for it and its value, and where it is written. */
function belongings({ name, cuid, identities }: JsonObject, pointer: string): { what: string; pointer: string }[] {
  const identityAt = (identity: JsonValue, index: number): { what: string; pointer: string }[] =>
    Object.entries(isObject(identity) ? identity : {}).map(([member, value]) => ({
      what: `identity ${member} ${member === 'spki-sha256' ? String(value).toLowerCase() : String(value)}`,
      pointer: child(child(child(pointer, 'identities'), index), member),
    }));
  return [
    ...(name === undefined ? [] : [{ what: `name ${String(name)}`, pointer: child(pointer, 'name') }]),
    ...(cuid === undefined ? [] : [{ what: `cuid ${String(cuid)}`, pointer: child(pointer, 'cuid') }]),
    ...itemsOf(identities).flatMap(identityAt),
  ];
}
