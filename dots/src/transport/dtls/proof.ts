import { createHash } from 'node:crypto';
import type { Security } from '#dots/coap/messages/channel';
import type { Clock } from '#dots/runtime/clock';
import type { ServerCredentials } from '../certificates/credentials';
import { holderName, isForServer, keyIdentity, pskIdentity } from '../certificates/certificateNames';
import { passportSize } from './engine';
import { nameMismatch } from './outcome';
import { pathFlags } from './path';
import { endOfProof } from './sessions';

type Peer = Pick<Security, 'peerName' | 'certificate' | 'identity'>;

const unknownPeer: Peer = { peerName: '', identity: '' };

/** What one end requires of the other, and what it has learnt, during one handshake. */
export abstract class Proof {
  /** The other end's certificates, DER, the leaf first. */
  readonly chain: Buffer[] = [];
  /** The path above the leaf that the library has found, DER, the trusted certificate first. */
  readonly issuers: Buffer[] = [];
  /** Whether it is authenticated by a pre-shared key. */
  psk = false;
  /** The role of the certificate's holder. */
  protected holder = unknownPeer;

  /** The identity of the other end, after the handshake; `resumed` if it resumed an earlier session. */
  abstract peer(resumed: boolean): Peer;

  /** Discards the certificates of another end. */
  reset(): void {
    this.chain.length = 0;
    this.issuers.length = 0;
    this.holder = unknownPeer;
  }

  /** The key of a client's identity. */
  abstract keyOf(identity: Buffer): Uint8Array | undefined;
  /** The identity of a client for its ticket. */
  abstract passport(): Uint8Array | undefined;
  /** Whether the client of a ticket may resume its session. */
  abstract admit(passport: Buffer): boolean;

  /** Further flags against the certificate. One that cannot be read here throws, and so is refused. */
  judge(): number {
    const [leaf] = this.chain;
    if (leaf === undefined) return nameMismatch;
    this.holder = { peerName: this.nameOf(leaf), certificate: leaf, identity: keyIdentity(leaf) };
    return (this.suits(leaf) ? 0 : nameMismatch) | pathFlags([...this.issuers, leaf], this.holderRole);
  }

  /** The role of the certificate's holder. */
  protected abstract readonly holderRole: 'client' | 'server';
  /** Whether the holder of a certificate signed by the CA is the expected one. */
  protected abstract suits(leaf: Buffer): boolean;
  /** The display name of the holder. */
  protected abstract nameOf(leaf: Buffer): string;
}

/** A client's: the server must be the one that the user named, or have the key. */
export class ServerProof extends Proof {
  protected readonly holderRole = 'server';

  /** `known`: the peer of an earlier session that may be resumed; `identity`: that of the pre-shared key. */
  constructor(
    private readonly serverName: string,
    private readonly known: Peer | undefined,
    private readonly identity: string | undefined,
  ) {
    super();
    this.psk = identity !== undefined;
  }

  peer(resumed: boolean): Peer {
    if (this.identity !== undefined) return pskHolder(this.identity);
    if (!resumed || this.known === undefined) return this.holder;
    const { peerName, certificate, identity } = this.known;
    return { peerName, identity, ...(certificate && { certificate }) };
  }

  protected suits(leaf: Buffer): boolean {
    return isForServer(leaf, this.serverName);
  }

  /** The name that the user wrote: the rest of the certificate need not be read. */
  protected nameOf(): string {
    return this.serverName;
  }

  /** Only servers look up keys and issue tickets. */
  keyOf(): undefined {}
  passport(): undefined {}
  admit(): boolean {
    return false;
  }
}

/** The two kinds of client that a ticket may be for. */
const certificateKind = 1;
const pskKind = 2;
/**
 * In a passport, before the name: its kind, the hash of the public key or of the pre-shared one, the end of its time in
 * seconds since 1970, the length of the name.
 */
const hashSize = 32;
const head = 1 + hashSize + 4 + 1;
const endOfTime = 0xffff_ffff;

/** A server's: the client must have a certificate of the CA or a known key, and its tickets record which. */
export class ClientProof extends Proof {
  protected readonly holderRole = 'client';
  private identity: string | undefined;
  private returned: Peer | undefined;

  /** The dates in tickets are those of the system time. */
  constructor(
    private readonly credentials: ServerCredentials,
    private readonly clock: Pick<Clock, 'now'>,
  ) {
    super();
  }

  peer(resumed: boolean): Peer {
    const known = resumed ? this.returned : this.identity === undefined ? undefined : pskHolder(this.identity);
    return known ?? this.holder;
  }

  override reset(): void {
    super.reset();
    this.psk = false;
    this.identity = undefined;
    this.returned = undefined;
  }

  /** Any client of the CA is accepted; authorisation is done elsewhere. */
  protected suits(): boolean {
    return true;
  }

  protected nameOf(leaf: Buffer): string {
    return holderName(leaf);
  }

  keyOf(identity: Buffer): Uint8Array | undefined {
    this.psk = true;
    this.identity = textOf(identity);
    return this.identity === undefined ? undefined : this.credentials.psk?.(this.identity);
  }

  /** Undefined if the name is too long for a ticket. */
  passport(): Uint8Array | undefined {
    const key = this.identity === undefined ? undefined : this.credentials.psk?.(this.identity);
    if (this.identity !== undefined) return key && passport(pskKind, hashOf(key), endOfTime, this.identity);
    const { certificate, identity, peerName } = this.holder;
    return (
      certificate && passport(certificateKind, Buffer.from(identity, 'hex'), endOfProof(this.chain) / 1000, peerName)
    );
  }

  /** A certificate that has expired since, and a key that was removed or changed, are no longer accepted. */
  admit(shown: Buffer): boolean {
    const name = shown.toString('utf8', head, head + shown[head - 1]!);
    const kind = shown[0];
    if (shown.readUInt32BE(1 + hashSize) * 1000 <= this.clock.now()) return false;
    if (kind === pskKind) {
      const key = this.credentials.psk?.(name);
      if (key === undefined || !hashOf(key).equals(shown.subarray(1, 1 + hashSize))) return false;
    }
    this.psk = kind === pskKind;
    this.returned = this.psk ? pskHolder(name) : { peerName: name, identity: shown.toString('hex', 1, 1 + hashSize) };
    return kind === pskKind || kind === certificateKind;
  }
}

function pskHolder(identity: string): Peer {
  return { peerName: identity, identity: pskIdentity(identity) };
}

function passport(kind: number, hash: Uint8Array, seconds: number, name: string): Buffer | undefined {
  const text = Buffer.from(name);
  if (text.length > passportSize - head) return undefined;
  const written = Buffer.alloc(passportSize);
  written[0] = kind;
  written.set(hash, 1);
  written.writeUInt32BE(Math.min(Math.floor(seconds), endOfTime), 1 + hashSize);
  written[head - 1] = text.length;
  text.copy(written, head);
  return written;
}

function hashOf(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest();
}

/** An identity that is not UTF-8 (RFC 4279 section 5.1) belongs to no client. */
function textOf(identity: Buffer): string | undefined {
  const text = identity.toString();
  return Buffer.from(text).equals(identity) ? text : undefined;
}
