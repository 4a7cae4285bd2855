import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import type { TestContext } from 'node:test';

export type Way = 'toServer' | 'toClient';

/** What becomes of a datagram: those that go on, each after some milliseconds. */
export type Fate = (bytes: Buffer, way: Way) => { bytes: Buffer; afterMs: number }[];

/** Everything goes on at once. */
export const honest: Fate = (bytes) => [{ bytes, afterMs: 0 }];

/** The event loop has so many turns in about a millisecond, in which a datagram on loopback arrives many times over. */
const quietTurns = 200;

/** A UDP path between a client and a server on loopback that a test may watch and disturb. */
export class Relay {
  /** What has come, untouched, by the way it went. */
  readonly seen: Record<Way, Buffer[]> = { toServer: [], toClient: [] };
  fate: Fate = honest;
  private client: RemoteInfo | undefined;
  private readonly timers = new Set<NodeJS.Timeout>();

  private constructor(
    private readonly front: Socket,
    private back: Socket,
    private readonly server: number,
  ) {
    front.on('message', (bytes, from) => {
      this.client = from;
      this.pass(bytes, 'toServer');
    });
    this.listen();
  }

  /** `from`: the address that the server hears the client at. */
  static async start(t: TestContext, server: number, from = '127.0.0.1'): Promise<Relay> {
    const relay = new Relay(await bound('127.0.0.1'), await bound(from), server);
    t.after(() => relay.close());
    return relay;
  }

  get port(): number {
    return this.front.address().port;
  }

  /** The port of the client that was heard last, which what the server says goes to. */
  clientPort(): number {
    return this.client?.port ?? 0;
  }

  /** Lets what the server says go to a client that was heard earlier. */
  leadTo(port: number): void {
    if (this.client !== undefined) this.client = { ...this.client, port };
  }

  /** From now on the server hears the client at another port, as after a NAT has dropped its binding. */
  async rebind(): Promise<void> {
    const before = this.back;
    this.back = await bound(before.address().address);
    this.listen();
    before.close();
  }

  /** Sends a datagram as if the other end had. */
  inject(bytes: Buffer, way: Way): void {
    if (way === 'toServer') this.back.send(bytes, this.server, '127.0.0.1');
    else if (this.client !== undefined) this.front.send(bytes, this.client.port, this.client.address);
  }

  private listen(): void {
    this.back.on('message', (bytes) => this.pass(bytes, 'toClient'));
  }

  private pass(bytes: Buffer, way: Way): void {
    this.seen[way].push(bytes);
    for (const { bytes: out, afterMs } of this.fate(bytes, way)) {
      if (afterMs === 0) this.inject(out, way);
      else this.later(() => this.inject(out, way), afterMs);
    }
  }

  /** Resolves when nothing has come for many turns of the event loop: both ends, which run in this process, wait. */
  async quiet(): Promise<void> {
    const count = (): number => this.seen.toServer.length + this.seen.toClient.length;
    for (let [turns, before] = [0, count()]; turns < quietTurns; turns += 1) {
      await new Promise((resolve) => {
        setImmediate(resolve);
      });
      if (count() !== before) [turns, before] = [0, count()];
    }
  }

  private later(action: () => void, milliseconds: number): void {
    const timer = setTimeout(() => {
      this.timers.delete(timer);
      action();
    }, milliseconds);
    this.timers.add(timer);
  }

  private close(): void {
    for (const timer of this.timers) clearTimeout(timer);
    this.front.close();
    this.back.close();
  }
}

async function bound(host: string): Promise<Socket> {
  const socket = createSocket('udp4');
  socket.bind(0, host);
  await once(socket, 'listening');
  return socket;
}
