import { cborKeyTable } from '#schemas/cborKeys';

/** A row of the CBOR key table: RFC 9132 table 5 and the corresponding tables of RFC 9133, 9066, 9244 and 9362. */
export interface CborKey {
  /** The member's name in JSON, with its module where the RFC writes it so: names and keys are unique. */
  name: string;
  key: number;
  /** Whether an agent that does not know the key must refuse the message (RFC 9132 section 10.6.1.1). */
  comprehension: 'required' | 'optional';
  /** RFC number and section of the table. */
  rfc: string;
}

/** The whole table, by key. */
export const cborKeys = cborKeyTable as readonly CborKey[];

const byName = new Map(cborKeys.map((row) => [row.name, row.key]));
const byKey = new Map(cborKeys.map((row) => [row.key, row.name]));

/** The CBOR key of a member as named in JSON; `acl-list` and `ietf-dots-signal-control:acl-list` are two members. */
export function keyOf(name: string): number | undefined {
  return byName.get(name);
}

/** The member name that a CBOR key encodes. */
export function nameOf(key: number): string | undefined {
  return byKey.get(key);
}

/** Whether a key is in the registry's range, 1 to 65535 (RFC 9132 section 10.6.1.1). */
export function isRegistrable(key: bigint): boolean {
  return key >= 1n && key <= 65535n;
}

/**
 * Whether a message with this key must be refused by an agent that does not know it, by the ranges of RFC 9132 table 8.
 */
export function isComprehensionRequired(key: number): boolean {
  return key < 128 || (key >= 256 && key < 16384);
}
