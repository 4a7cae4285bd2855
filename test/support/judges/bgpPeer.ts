import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { decodeUpdate, type Carried } from '#dots/flowspec/bgp/update';

const marker = 'ff'.repeat(16);
const keepalive = `${marker}001304`;

function message(type: number, body: string): string {
  return `${marker}${(19 + body.length / 2).toString(16).padStart(4, '0')}${type.toString(16).padStart(2, '0')}${body}`;
}

/** OPEN with the Flowspec families and 4-octet AS numbers (RFC 4271 section 4.2, RFC 4760 section 8, RFC 6793). */
function open(as: number): string {
  const capabilities = `0104000100850104000200854104${as.toString(16).padStart(8, '0')}`;
  const parameters = `02${(capabilities.length / 2).toString(16).padStart(2, '0')}${capabilities}`;
  return message(
    1,
    `04${as.toString(16).padStart(4, '0')}005ac0000202${(parameters.length / 2).toString(16).padStart(2, '0')}${parameters}`,
  );
}

/** How long a tool may take for one step, milliseconds. */
const patience = 20_000;

/** Waits until something holds; undefined when it never does. */
export async function until<T>(look: () => Promise<T | undefined> | T | undefined): Promise<T | undefined> {
  for (const end = Date.now() + patience; Date.now() < end; await wait(50)) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
  }
  return undefined;
}

/** The least BGP speaker that a judge can be asked with: it opens a session from 127.0.0.2 to a port of 127.0.0.1. */
export class BgpPeer {
  readonly announced: Carried[] = [];
  /** The UPDATE messages that came, hex digits. */
  readonly updates: string[] = [];
  /** Code and subcode of a NOTIFICATION that came, hex digits. */
  notification: string | undefined;
  established = false;
  private received = Buffer.alloc(0);

  private constructor(
    private readonly socket: Socket,
    as: number,
  ) {
    socket.on('data', (chunk) => this.take(chunk));
    socket.on('error', () => undefined);
    this.send(open(as));
  }

  /** Opens a session within an AS; the tool may take a moment until it listens. */
  static async open(port: number, as: number): Promise<BgpPeer> {
    const peer = await until(async () => {
      const socket = connect({ host: '127.0.0.1', port, localAddress: '127.0.0.2' });
      const ready = await Promise.race([
        once(socket, 'connect').then(() => true),
        once(socket, 'close').then(() => false),
      ]).catch(() => false);
      if (!ready) return undefined;
      const candidate = new BgpPeer(socket, as);
      const closed = once(socket, 'close');
      await Promise.race([until(() => candidate.established), closed]);
      return candidate.established ? candidate : undefined;
    });
    if (peer === undefined) throw new Error('no BGP session could be opened');
    return peer;
  }

  /** Sends one message, hex digits. */
  send(hex: string): void {
    this.socket.write(Buffer.from(hex, 'hex'));
  }

  /** Sends a message, and one KEEPALIVE behind it. */
  announce(hex: string): void {
    this.send(hex + keepalive);
  }

  close(): void {
    this.socket.destroy();
  }

  private take(chunk: Buffer): void {
    this.received = Buffer.concat([this.received, chunk]);
    while (this.received.length >= 19 && this.received.length >= this.received.readUInt16BE(16)) {
      const length = this.received.readUInt16BE(16);
      this.handle(this.received[18] ?? 0, this.received.subarray(0, length).toString('hex'));
      this.received = this.received.subarray(length);
    }
  }

  private handle(type: number, hex: string): void {
    if (type === 1) this.send(keepalive);
    if (type === 4) this.established = true;
    if (type === 3) this.notification = hex.slice(38, 42);
    if (type !== 2) return;
    this.updates.push(hex);
    this.announced.push(...decodeUpdate(hex).announced);
  }
}
