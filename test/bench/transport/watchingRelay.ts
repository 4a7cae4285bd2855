import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';

/** What one client did through the relay: the same clock and the same eyes for every program. Times in milliseconds. */
export interface Watched {
  /** From its first datagram to its first protected message. */
  handshakeMs: number;
  /** Datagrams of the handshake, both ways. */
  datagrams: number;
  /** From that message to the first protected one of the server. */
  exchangeMs: number;
}

interface Path {
  upstream: Socket;
  first: number;
  datagrams: number;
  asked?: number;
  answered?: number;
}

/** The content type of a DTLS record that carries application data: RFC 6347 section 4.1. */
const applicationData = 23;

/**
 * Passes datagrams between clients and one server on loopback, and takes the time of what the record headers show in
 * the clear.
 */
export class WatchingRelay {
  private readonly paths = new Map<number, Path>();

  private constructor(
    private readonly socket: Socket,
    private readonly target: number,
  ) {
    socket.on('message', (bytes, { port }) => this.toServer(bytes, port));
  }

  static async open(target: number): Promise<WatchingRelay> {
    const socket = createSocket('udp4');
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    return new WatchingRelay(socket, target);
  }

  get port(): number {
    return this.socket.address().port;
  }

  /** What was seen since the last call, one entry for each client that got an answer. */
  take(): Watched[] {
    const seen = [...this.paths.values()];
    for (const { upstream } of seen) upstream.close();
    this.paths.clear();
    return seen.flatMap(({ first, datagrams, asked, answered }) =>
      asked === undefined || answered === undefined
        ? []
        : [{ handshakeMs: asked - first, datagrams, exchangeMs: answered - asked }],
    );
  }

  close(): void {
    this.take();
    this.socket.close();
  }

  private toServer(bytes: Buffer, port: number): void {
    const path = this.paths.get(port) ?? this.open(port);
    if (path.asked === undefined) {
      if (bytes[0] === applicationData) path.asked = performance.now();
      else path.datagrams += 1;
    }
    path.upstream.send(bytes, this.target, '127.0.0.1');
  }

  private open(port: number): Path {
    const upstream = createSocket('udp4');
    const path: Path = { upstream, first: performance.now(), datagrams: 0 };
    upstream.on('message', (bytes) => {
      if (path.asked === undefined) path.datagrams += 1;
      else if (bytes[0] === applicationData) path.answered ??= performance.now();
      this.socket.send(bytes, port, '127.0.0.1');
    });
    this.paths.set(port, path);
    return path;
  }
}
