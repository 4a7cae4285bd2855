import { Recent } from '#dots/coap/messages/recent';

/** The offsets in a record with a handshake message: RFC 6347 sections 4.1 and 4.2.2, bytes. */
const recordHead = 13;
const handshakeHead = 12;
const [handshake, clientHello] = [22, 1];

/** The largest client hello that is reassembled; one with a ticket and many names has less than half of this, bytes. */
const largestHello = 4096;
/**
 * How many unverified clients may have a fragmented client hello under way, and how long each may take, milliseconds.
 */
const strangersAtOnce = 32;
const assemblyMs = 5000;

/** One part of a client hello in the clear. */
interface Fragment {
  /** The record's type, version, epoch and sequence number. */
  record: Buffer;
  /** The message's type, length and sequence number. */
  message: Buffer;
  length: number;
  offset: number;
  content: Buffer;
}

interface Assembly {
  message: Buffer;
  body: Buffer;
  present: Uint8Array;
}

/**
 * Reassembles client hellos that come in several records or datagrams (RFC 6347 section 4.2.3), which the library does
 * not do. State of unverified clients is bounded in number, size and time.
 */
export class FragmentedHellos {
  private readonly assemblies = new Recent<Assembly>(assemblyMs, strangersAtOnce);

  /** The datagram to process: itself, or a whole client hello in one record; undefined while parts are missing. */
  take(datagram: Buffer, peer: string, now: number): Buffer | undefined {
    const fragments = fragmentsOf(datagram);
    if (fragments === undefined) return datagram;
    for (const fragment of fragments) {
      const whole = this.add(fragment, peer, now);
      if (whole !== undefined) return whole;
    }
    return undefined;
  }

  private add({ record, message, length, offset, content }: Fragment, peer: string, now: number): Buffer | undefined {
    const known = this.assemblies.get(peer, now);
    const assembly =
      known?.message.equals(message) === true
        ? known
        : { message, body: Buffer.alloc(length), present: new Uint8Array(length) };
    if (assembly !== known) this.assemblies.set(peer, assembly, now);
    content.copy(assembly.body, offset);
    assembly.present.fill(1, offset, offset + content.length);
    if (assembly.present.includes(0)) return undefined;
    this.assemblies.delete(peer);
    return wholeHello(record, assembly);
  }
}

/**
 * The parts of a client hello that a datagram consists of; undefined for any other datagram, also one with a whole
 * client hello.
 */
function fragmentsOf(datagram: Buffer): Fragment[] | undefined {
  const fragments: Fragment[] = [];
  for (let at = 0; at < datagram.length;) {
    const end = at + recordHead + (at + recordHead <= datagram.length ? datagram.readUInt16BE(at + 11) : 0);
    const fragment = end <= datagram.length ? fragmentOf(datagram.subarray(at, end)) : undefined;
    if (fragment === undefined) return undefined;
    fragments.push(fragment);
    at = end;
  }
  return fragments.length === 0 ? undefined : fragments;
}

function fragmentOf(record: Buffer): Fragment | undefined {
  const start = recordHead + handshakeHead;
  if (record.length < start || record[0] !== handshake || record.readUInt16BE(3) !== 0) return undefined;
  const [length, offset, size] = [14, 19, 22].map((at) => record.readUIntBE(at, 3)) as [number, number, number];
  const isPart = record[recordHead] === clientHello && size < length && length <= largestHello;
  if (!isPart || offset + size > length || record.length !== start + size) return undefined;
  return {
    record: Buffer.from(record.subarray(0, 11)),
    message: Buffer.from(record.subarray(recordHead, 19)),
    length,
    offset,
    content: record.subarray(start),
  };
}

/** In the record of its last part, because the server continues its sequence numbers from there. */
function wholeHello(record: Buffer, { message, body }: Assembly): Buffer {
  const whole = Buffer.concat([record, Buffer.alloc(2), message, Buffer.alloc(6), body]);
  whole.writeUInt16BE(handshakeHead + body.length, 11);
  whole.writeUIntBE(body.length, 22, 3);
  return whole;
}
