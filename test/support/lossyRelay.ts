import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv6 } from 'node:net';
import { Random } from './random';

/**
 * What happens to datagrams on their way, in each direction. The same seed does the same to the nth datagram of a link,
 * in every run.
 */
export interface Conditions {
  seed: number;
  /** Shares of the datagrams, from 0 to 1. */
  loss?: number;
  duplication?: number;
  /**
   * The share that is overtaken by the next datagram of its direction; where that is long in coming, by a copy that
   * comes after it.
   */
  reordering?: number;
  /** The least and the most that a datagram takes, in ms. */
  delay?: readonly [number, number];
}

export interface Counts {
  received: number;
  lost: number;
  duplicated: number;
  /** How many took more than no time. */
  delayed: number;
  /** How many arrived, for the first time or again, after one that was sent later. */
  overtaken: number;
}

const names = ['received', 'lost', 'duplicated', 'delayed', 'overtaken'] as const satisfies readonly (keyof Counts)[];
const nothing = (): Counts => ({ received: 0, lost: 0, duplicated: 0, delayed: 0, overtaken: 0 });

/** How long a datagram that is to be overtaken waits for another one, in ms. */
const patienceMs = 50;

/** One direction between two peers. */
export class LossyLink {
  readonly counts: Counts = nothing();
  /** The number of the youngest datagram that has arrived. */
  private youngest = 0;
  private readonly random: Random;
  private readonly timers = new Set<NodeJS.Timeout>();
  /** What has arrived because nothing overtook it, and is to come again after the next one. */
  private stale: { datagram: Uint8Array; number: number } | undefined;
  private held: { datagram: Uint8Array; number: number; timer: NodeJS.Timeout } | undefined;

  constructor(
    private readonly conditions: Conditions,
    private readonly deliver: (datagram: Uint8Array) => void,
  ) {
    this.random = new Random(conditions.seed);
  }

  /** Takes a datagram: it is delivered once, twice or never, at once, later, or after the next one. */
  take(datagram: Uint8Array): void {
    const { loss = 0, duplication = 0, reordering = 0 } = this.conditions;
    // As many draws for every datagram, so that the fate of one does not depend on that of another.
    const fate = {
      lost: this.happens(loss),
      duplicated: this.happens(duplication),
      overtaken: this.happens(reordering),
      delays: [this.delay(), this.delay()] as const,
    };
    const number = (this.counts.received += 1);
    if (fate.lost) {
      this.counts.lost += 1;
      return;
    }
    if (fate.overtaken && this.held === undefined && this.stale === undefined) return this.hold(datagram, number);
    this.pass(datagram, number, fate.delays[0]);
    if (fate.duplicated) {
      this.counts.duplicated += 1;
      this.pass(datagram, number, fate.delays[1]);
    }
    this.letGo();
    this.repeat();
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

  private hold(datagram: Uint8Array, number: number): void {
    this.held = { datagram, number, timer: setTimeout(() => this.giveUp(), patienceMs) };
  }

  /** Nothing came to overtake it. */
  private giveUp(): void {
    this.stale = this.held;
    this.letGo();
  }

  private repeat(): void {
    const { stale } = this;
    if (stale === undefined) return;
    this.stale = undefined;
    this.counts.duplicated += 1;
    this.pass(stale.datagram, stale.number, this.conditions.delay?.[1] ?? 0);
  }

  private letGo(): void {
    const { held } = this;
    if (held === undefined) return;
    clearTimeout(held.timer);
    this.held = undefined;
    this.pass(held.datagram, held.number, this.conditions.delay?.[1] ?? 0);
  }

  private pass(datagram: Uint8Array, number: number, ms: number): void {
    if (ms === 0) return this.arrive(datagram, number);
    this.counts.delayed += 1;
    const timer = setTimeout(() => {
      this.timers.delete(timer);
      this.arrive(datagram, number);
    }, ms);
    this.timers.add(timer);
  }

  private arrive(datagram: Uint8Array, number: number): void {
    if (number < this.youngest) this.counts.overtaken += 1;
    this.youngest = Math.max(this.youngest, number);
    this.deliver(datagram);
  }
}

interface Peer {
  /** The relay's socket towards the server, one for each client, so that the server tells them apart. */
  socket: Socket;
  up: LossyLink;
  down: LossyLink;
}

/**
 * A UDP relay on loopback, IPv4 or IPv6 like its target: clients talk to its address, and the target takes each of them
 * for a client of its own.
 */
export class LossyRelay {
  private readonly peers = new Map<string, Promise<Peer>>();
  private closed = false;

  private constructor(
    private readonly front: Socket,
    private readonly target: { address: string; port: number },
    private readonly conditions: Conditions,
  ) {
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
    const total = nothing();
    for (const { counts } of peers.flatMap(({ up, down }) => [up, down]))
      for (const name of names) total[name] += counts[name];
    return total;
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
    const carry =
      (by: Socket, to: { address: string; port: number }) =>
      (datagram: Uint8Array): void => {
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
