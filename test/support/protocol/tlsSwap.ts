import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import type { TestContext } from 'node:test';
import {
  certificateType,
  changeCipherSpec,
  counted,
  handshake,
  inPieces,
  prefixed,
  substituted,
  wholeParts,
  type Substitute,
  type SwapPath,
  type Swaps,
} from './certificateMessage';

/** type and version of a record, before its length; the most that one holds: RFC 5246 section 6.2.1. */
const recordHead = { before: 3, length: 2 };
const largestRecord = 1 << 14;

/** One way of a connection, on which a chain is replaced and everything else goes on as it came. */
class Rewriter {
  private waiting = Buffer.alloc(0);
  /** What has come of a handshake message. */
  private begun = Buffer.alloc(0);
  /** From its ChangeCipherSpec on, what an end says is protected. */
  private secret = false;

  constructor(private readonly substitute: Substitute) {}

  /** What goes on in place of some bytes. */
  take(bytes: Buffer): Buffer {
    this.waiting = Buffer.concat([this.waiting, bytes]);
    const out = wholeParts(this.waiting, recordHead.before, recordHead.length).map((record) => {
      this.waiting = this.waiting.subarray(record.length);
      return this.rewritten(record);
    });
    return Buffer.concat(out);
  }

  private rewritten(record: Buffer): Buffer {
    this.secret ||= record[0] === changeCipherSpec;
    if (this.secret || record[0] !== handshake) return record;
    this.begun = Buffer.concat([this.begun, record.subarray(recordHead.before + recordHead.length)]);
    const messages = wholeParts(this.begun, 1, 3);
    this.begun = this.begun.subarray(Buffer.concat(messages).length);
    const content = Buffer.concat(messages.map((message) => this.swap(message)));
    const records = inPieces(content, largestRecord).filter((piece) => piece.length > 0);
    return Buffer.concat(
      records.flatMap((piece) => [record.subarray(0, recordHead.before), prefixed(piece, recordHead.length)]),
    );
  }

  private swap(message: Buffer): Buffer {
    if (message[0] !== certificateType) return message;
    return Buffer.concat([message.subarray(0, 1), prefixed(substituted(message.subarray(4), this.substitute), 3)]);
  }
}

/** What one end sends goes to the other, and so does its leaving. */
function carry(from: Socket, to: Socket, substitute: Substitute | undefined): void {
  const rewriter = substitute && new Rewriter(substitute);
  from
    .on('data', (bytes: Buffer) => to.write(rewriter?.take(bytes) ?? bytes))
    .on('end', () => to.end())
    .on('error', () => to.end());
}

/** A TCP path to a server on loopback that replaces what the ends show in the handshakes of TLS 1.2. */
export async function swapTls(t: TestContext, server: number, wanted: Swaps): Promise<SwapPath> {
  const { swaps, swapped } = counted(wanted);
  const sockets: Socket[] = [];
  const front = createServer({ allowHalfOpen: true }, (client) => {
    const back = connect({ host: '127.0.0.1', port: server, allowHalfOpen: true });
    sockets.push(client, back);
    carry(client, back, swaps.toServer);
    carry(back, client, swaps.toClient);
  });
  front.listen(0, '127.0.0.1');
  await once(front, 'listening');
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    front.close();
  });
  return { port: (front.address() as AddressInfo).port, swapped };
}
