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

/** What one end asks of the other, and what it has learnt of it, during one handshake. */
export abstract class Proof {
  /** What the other end has shown, DER, the leaf first. */
  readonly chain: Buffer[] = [];
  /** The path above the leaf that the library has found, DER, the trusted certificate first. */
  readonly issuers: Buffer[] = [];
  /** Whether a pre-shared key is what proves it. */
  psk = false;
  /** Who has shown a certificate. */
  protected holder = unknownPeer;

  /** Who the other end is, once the handshake is over; `resumed` when it went on from an earlier one. */
  abstract peer(resumed: boolean): Peer;

  /** Forgets what another end may have shown. */
  reset(): void {
    this.chain.length = 0;
    this.issuers.length = 0;
    this.holder = unknownPeer;
  }

  /** The key of an identity that a client shows. */
  abstract keyOf(identity: Buffer): Uint8Array | undefined;
  /** What a ticket for a client has to say of it. */
  abstract passport(): Uint8Array | undefined;
  /** Whether the client of a ticket may come back. */
  abstract admit(passport: Buffer): boolean;

  /** Further flags against the certificate shown. One that cannot be read here throws, and so is refused. */
  judge(): number {
    const [leaf] = this.chain;
    if (leaf === undefined) return nameMismatch;
    this.holder = { peerName: this.nameOf(leaf), certificate: leaf, identity: keyIdentity(leaf) };
    return (this.suits(leaf) ? 0 : nameMismatch) | pathFlags([...this.issuers, leaf], this.holderRole);
  }

  /** What the holder of the certificate is. */
  protected abstract readonly holderRole: 'client' | 'server';
  /** Whether the holder of a certificate that the CA vouches for is the one wanted. */
  protected abstract suits(leaf: Buffer): boolean;
  /** What to call the holder. */
  protected abstract nameOf(leaf: Buffer): string;
}

/** A client's: the server has to be the one that the user named, or to have the key. */
export class ServerProof extends Proof {
  protected readonly holderRole = 'server';

  /** `known` names the peer of an earlier session, when it may be resumed; `identity` that of the pre-shared key. */
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

  /** As the user does: the rest of the certificate need not be read. */
  protected nameOf(): string {
    return this.serverName;
  }

  /** Only a server is asked for keys and tickets. */
  keyOf(): undefined {}
  passport(): undefined {}
  admit(): boolean {
    return false;
  }
}

/** The two kinds of client that a ticket may be for. */
const certificateKind = 1;
const pskKind = 2;
/** In a passport, before the name: its kind, the hash of the public key or of the pre-shared one, the end of its time in seconds since 1970, the length of the name. */
const hashSize = 32;
const head = 1 + hashSize + 4 + 1;
const endOfTime = 0xffff_ffff;

/** A server's: the client has to have a certificate of the CA or a key that is known, and its tickets say which. */
export class ClientProof extends Proof {
  protected readonly holderRole = 'client';
  private identity: string | undefined;
  private returned: Peer | undefined;

  /** The dates in what a client brings back are those of the clock's wall. */
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

  /** Any client of the CA may come; which of them may do what is for others to say. */
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

  /** Undefined where the name is too long to travel in a ticket. */
  passport(): Uint8Array | undefined {
    const key = this.identity === undefined ? undefined : this.credentials.psk?.(this.identity);
    if (this.identity !== undefined) return key && passport(pskKind, hashOf(key), endOfTime, this.identity);
    const { certificate, identity, peerName } = this.holder;
    return (
      certificate && passport(certificateKind, Buffer.from(identity, 'hex'), endOfProof(this.chain) / 1000, peerName)
    );
  }

  /** A certificate that has expired since, and a key that is gone or another one now, no longer let anybody in. */
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
