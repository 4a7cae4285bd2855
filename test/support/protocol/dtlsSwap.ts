import type { TestContext } from 'node:test';
import {
  certificateType,
  counted,
  handshake,
  inPieces,
  substituted,
  wholeParts,
  type Substitute,
  type SwapPath,
  type Swaps,
} from './certificateMessage';
import { Relay, type Way } from './relay';

/** type, version, epoch and sequence number of a record, before its length: RFC 6347 section 4.1. */
const recordHead = { before: 11, length: 2 };
/** type, length, message_seq and fragment_offset of a fragment, before its own length: section 4.2.2. */
const fragmentHead = { before: 9, length: 3 };
const recordHeader = recordHead.before + recordHead.length;
const fragmentHeader = fragmentHead.before + fragmentHead.length;

/** One way of a handshake, on which a chain is replaced and everything else goes on as it came. */
class Rewriter {
  /** What has come of the Certificate message. */
  private collected: Buffer[] = [];
  /** By how much the numbers of records go up, because more have gone on than came: no two of them may be the same. */
  private surplus = 0;

  constructor(
    private readonly substitute: Substitute,
    private readonly payload: number,
  ) {}

  /** What goes on in place of a datagram. */
  take(datagram: Buffer): Buffer[] {
    const records = wholeParts(datagram, recordHead.before, recordHead.length).flatMap((record) =>
      this.rewritten(record),
    );
    return packed(records, this.payload);
  }

  private rewritten(record: Buffer): Buffer[] {
    if (record.readUInt16BE(3) !== 0) return [record];
    const content = record.subarray(recordHeader);
    if (record[0] !== handshake) return [this.numbered(record, content)];
    const fragments = wholeParts(content, fragmentHead.before, fragmentHead.length);
    if (!fragments.some(isCertificate)) return [this.numbered(record, content)];
    const out = fragments.flatMap((fragment) => (isCertificate(fragment) ? this.collect(fragment) : [fragment]));
    return out.map((fragment, index) => this.numbered(record, fragment, index));
  }

  /** Keeps a fragment until the message is whole: then the fragments of its substitute. */
  private collect(fragment: Buffer): Buffer[] {
    this.collected.push(fragment);
    const message = Buffer.alloc(fragment.readUIntBE(1, 3));
    const filled = new Set<number>();
    for (const part of this.collected) {
      const offset = part.readUIntBE(6, 3);
      part.copy(message, offset, fragmentHeader);
      for (let at = fragmentHeader; at < part.length; at++) filled.add(offset + at - fragmentHeader);
    }
    if (filled.size < message.length) return [];
    this.collected = [];
    return fragmentsOf(
      substituted(message, this.substitute),
      fragment.readUInt16BE(4),
      this.payload - recordHeader - fragmentHeader,
    );
  }

  private numbered(like: Buffer, content: Buffer, index = 0): Buffer {
    if (index > 0) this.surplus += 1;
    const header = Buffer.from(like.subarray(0, recordHeader));
    header.writeUIntBE(like.readUIntBE(5, 6) + this.surplus, 5, 6);
    header.writeUInt16BE(content.length, recordHead.before);
    return Buffer.concat([header, content]);
  }
}

function isCertificate(fragment: Buffer): boolean {
  return fragment[0] === certificateType;
}

function fragmentsOf(body: Buffer, messageSeq: number, most: number): Buffer[] {
  return inPieces(body, most).map((piece, index) => {
    const header = Buffer.alloc(fragmentHeader);
    header[0] = certificateType;
    header.writeUIntBE(body.length, 1, 3);
    header.writeUInt16BE(messageSeq, 4);
    header.writeUIntBE(index * most, 6, 3);
    header.writeUIntBE(piece.length, fragmentHead.before, 3);
    return Buffer.concat([header, piece]);
  });
}

/** As few datagrams as the payload of each allows; a record that is larger came in one of its own. */
function packed(records: Buffer[], payload: number): Buffer[] {
  const datagrams: Buffer[] = [];
  for (const record of records) {
    const last = datagrams.at(-1);
    if (last === undefined || last.length + record.length > payload) datagrams.push(record);
    else datagrams[datagrams.length - 1] = Buffer.concat([last, record]);
  }
  return datagrams;
}

/**
 * A UDP path to a server on loopback that replaces what the ends show in one handshake of DTLS 1.2; datagrams that it
 * changes carry at most so many bytes.
 */
export async function swapDtls(t: TestContext, server: number, wanted: Swaps, payload: number): Promise<SwapPath> {
  const relay = await Relay.start(t, server);
  const { swaps, swapped } = counted(wanted);
  const ways: Partial<Record<Way, Rewriter>> = {};
  for (const way of ['toServer', 'toClient'] as const)
    if (swaps[way] !== undefined) ways[way] = new Rewriter(swaps[way], payload);
  relay.fate = (bytes, way) => (ways[way]?.take(bytes) ?? [bytes]).map((out) => ({ bytes: out, afterMs: 0 }));
  return { port: relay.port, swapped };
}
