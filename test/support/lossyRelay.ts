import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv6 } from 'node:net';
import { Random } from './random';

/** What happens to datagrams on their way, in each direction. The same seed does the same to the nth datagram of a link, in every run. */
export interface Conditions {
  seed: number;
  /** Shares of the datagrams, from 0 to 1. */
  loss?: number;
  duplication?: number;
  /** The share that is overtaken by the next datagram of its direction. */
  reordering?: number;
  /** The least and the most that a datagram takes, in ms. */
  delay?: readonly [number, number];
}

export interface Counts {
  received: number;
  lost: number;
  duplicated: number;
  overtaken: number;
}

/** How long a datagram that is to be overtaken waits for another one, in ms. */
const patienceMs = 50;

/** One direction between two peers. */
export class LossyLink {
  readonly counts: Counts = { received: 0, lost: 0, duplicated: 0, overtaken: 0 };
  private readonly random: Random;
  private readonly timers = new Set<NodeJS.Timeout>();
  private held: { datagram: Uint8Array; timer: NodeJS.Timeout } | undefined;

  constructor(private readonly conditions: Conditions, private readonly deliver: (datagram: Uint8Array) => void) {
    this.random = new Random(conditions.seed);
  }

  /** Takes a datagram: it is delivered once, twice or never, at once, later, or after the next one. */
  take(datagram: Uint8Array): void {
    const { loss = 0, duplication = 0, reordering = 0 } = this.conditions;
    // As many draws for every datagram, so that the fate of one does not depend on that of another.
    const fate = { lost: this.happens(loss), duplicated: this.happens(duplication), overtaken: this.happens(reordering), delays: [this.delay(), this.delay()] as const };
    this.counts.received += 1;
    if (fate.lost) {
      this.counts.lost += 1;
      return;
    }
    if (fate.overtaken && this.held === undefined) return this.hold(datagram);
    this.pass(datagram, fate.delays[0]);
    if (fate.duplicated) {
      this.counts.duplicated += 1;
      this.pass(datagram, fate.delays[1]);
    }
    if (this.held !== undefined) {
      this.counts.overtaken += 1;
      this.letGo();
    }
  }

  /** Forgets what is under way. */
  close(): void {
    for (const timer of this.timers) clearTimeout(timer);
    clearTimeout(this.held?.timer);
    this.held = undefined;
  }

  private happens(share: number): boolean {
    return this.random.below(1_000_000) < share * 1_000_000;
  }

  private delay(): number {
    const [least, most] = this.conditions.delay ?? [0, 0];
    return least + this.random.below(most - least + 1);
  }

  private hold(datagram: Uint8Array): void {
    this.held = { datagram, timer: setTimeout(() => this.letGo(), patienceMs) };
  }

  private letGo(): void {
    const { held } = this;
    if (held === undefined) return;
    clearTimeout(held.timer);
    this.held = undefined;
    this.pass(held.datagram, this.conditions.delay?.[1] ?? 0);
  }

  private pass(datagram: Uint8Array, ms: number): void {
    if (ms === 0) return this.deliver(datagram);
    const timer = setTimeout(() => {
      this.timers.delete(timer);
      this.deliver(datagram);
    }, ms);
    this.timers.add(timer);
  }
}

interface Peer {
  /** The relay's socket towards the server, one for each client, so that the server tells them apart. */
  socket: Socket;
  up: LossyLink;
  down: LossyLink;
}

/** A UDP relay on loopback, IPv4 or IPv6 like its target: clients talk to its address, and the target takes each of them for a client of its own. */
export class LossyRelay {
  private readonly peers = new Map<string, Promise<Peer>>();
  private closed = false;

  private constructor(private readonly front: Socket, private readonly target: { address: string; port: number }, private readonly conditions: Conditions) {
    front.on('message', (datagram, from) => void this.toServer(datagram, from));
  }

  /** Opens a relay to `target` on a free port of the loopback address of its family. */
  static async open(target: { address: string; port: number }, conditions: Conditions): Promise<LossyRelay> {
    return new LossyRelay(await loopbackSocket(target.address), target, conditions);
  }

  get address(): string {
    return this.front.address().address;
  }

  get port(): number {
    return this.front.address().port;
  }

  /** What happened so far, in both directions and for all clients. */
  async counts(): Promise<Counts> {
    const peers = await Promise.all(this.peers.values());
    const sum = (name: keyof Counts): number => peers.reduce((total, { up, down }) => total + up.counts[name] + down.counts[name], 0);
    return { received: sum('received'), lost: sum('lost'), duplicated: sum('duplicated'), overtaken: sum('overtaken') };
  }

  /** Closes all sockets; what is under way is lost. */
  async close(): Promise<void> {
    this.closed = true;
    this.front.close();
    for (const { socket, up, down } of await Promise.all(this.peers.values())) {
      up.close();
      down.close();
      socket.close();
    }
  }

  private async toServer(datagram: Uint8Array, from: { address: string; port: number }): Promise<void> {
    const key = `${from.address} ${from.port}`;
    let peer = this.peers.get(key);
    if (peer === undefined) {
      peer = this.meet(from, this.peers.size);
      this.peers.set(key, peer);
    }
    const { up } = await peer;
    if (!this.closed) up.take(datagram);
  }

  private async meet(client: { address: string; port: number }, index: number): Promise<Peer> {
    const socket = await loopbackSocket(this.target.address);
    const seed = this.conditions.seed + 2 * index;
    const carry = (by: Socket, to: { address: string; port: number }) => (datagram: Uint8Array): void => {
      if (!this.closed) by.send(datagram, to.port, to.address);
    };
    const up = new LossyLink({ ...this.conditions, seed }, carry(socket, this.target));
    const down = new LossyLink({ ...this.conditions, seed: seed + 1 }, carry(this.front, client));
    socket.on('message', (datagram) => down.take(datagram));
    // A port that nobody listens on shows here as an error; to a client of UDP that is silence.
    socket.on('error', () => undefined);
    return { socket, up, down };
  }
}

async function loopbackSocket(like: string): Promise<Socket> {
  const six = isIPv6(like);
  const socket = createSocket(six ? 'udp6' : 'udp4');
  socket.bind(0, six ? '::1' : '127.0.0.1');
  await once(socket, 'listening');
  return socket;
}
