import { createSocket, type Socket } from 'node:dgram';
import { isIP } from 'node:net';
import { DotsError } from '#dots/model/errors';
import type { Channel, Receiver } from '#dots/coap/messages/channel';
import { addressText, type Address } from './address';
import { listenError, listeningHost } from './listening';

/** What fits in the smallest IPv6 path MTU, less IPv6 and UDP headers, bytes: RFC 9132 section 7.3. */
export const maxMessageSize = 1280 - 48;

/** How many peers a listening socket distinguishes; the least recently heard one is dropped. */
const peersAtOnce = 256;

function socketFor(host: string): Socket {
  return createSocket({ type: isIP(host) === 6 ? 'udp6' : 'udp4' });
}

/**
 * Connects a UDP socket to one peer, so that only its datagrams arrive, and the network's report that nothing listens
 * there.
 */
export async function connectUdp(address: Address): Promise<Channel> {
  return new ConnectedChannel(await connectSocket(address), address);
}

/**
 * A UDP socket connected to one peer, by its IP address. Throws a DotsError of kind `unreachable`. Like all functions
 * here that open, bind and close sockets, it waits for local work only, not for a peer: so there is neither signal nor
 * deadline.
 */
export async function connectSocket(address: Address): Promise<Socket> {
  const socket = socketFor(address.host);
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject);
      if (address.from !== undefined) socket.bind({ address: address.from, exclusive: true });
      socket.connect(address.port, address.host, () => {
        socket.off('error', reject);
        resolve();
      });
    });
  } catch (cause) {
    socket.close();
    throw networkError(address, cause);
  }
  return socket;
}

/**
 * Every error of a connected UDP socket means that the peer cannot be reached now; ECONNREFUSED is its ICMP port
 * unreachable.
 */
export function networkError(address: Address, cause: unknown): DotsError {
  const code = (cause as NodeJS.ErrnoException).code;
  const why =
    code === 'ECONNREFUSED'
      ? `Nothing listens on UDP ${addressText(address)}.`
      : `UDP ${addressText(address)} cannot be reached (${String(code)}).`;
  return new DotsError(
    'unreachable',
    code === 'ECONNREFUSED' ? 'transport/refused' : 'transport/network',
    why,
    'Start the server there, or check the address and the port.',
    { cause },
  );
}

class ConnectedChannel implements Channel {
  readonly kind = 'datagram';
  readonly peer: string;
  readonly maxMessageSize = maxMessageSize;
  private receiver: Receiver | undefined;
  private open = true;

  constructor(
    private readonly socket: Socket,
    private readonly address: Address,
  ) {
    this.peer = addressText(address);
    socket.on('message', (bytes) => this.receiver?.message(bytes));
    socket.on('error', (cause) => this.fail(cause));
  }

  attach(receiver: Receiver): void {
    this.receiver = receiver;
  }

  send(bytes: Uint8Array): void {
    if (this.open)
      this.socket.send(bytes, (cause) => {
        if (cause !== null) this.fail(cause);
      });
  }

  async close(): Promise<void> {
    if (!this.open) return;
    this.open = false;
    await new Promise<void>((resolve) => {
      this.socket.close(resolve);
    });
    this.receiver?.closed();
  }

  private fail(cause: Error): void {
    if (this.open) this.receiver?.failure(networkError(this.address, cause));
  }
}

/** A UDP socket for many peers. */
export interface Listener {
  readonly address: Address;
  close(): Promise<void>;
}

/**
 * Listens on a loopback address; `accept` receives a channel for each peer with its first datagram.
 * Throws a DotsError: `transport/not-loopback`, `transport/port-in-use`, `transport/listen`.
 */
export async function listenUdp(wanted: Address, accept: (channel: Channel) => void): Promise<Listener> {
  // Plain coap must not leave the machine: RFC 9132 section 3.
  const host = listeningHost(wanted.host);
  const socket = await bindSocket(host, wanted.port);
  return new UdpListener(socket, { host, port: socket.address().port }, accept);
}

/** A UDP socket that listens on an address. Throws a DotsError: `transport/port-in-use`, `transport/listen`. */
export async function bindSocket(host: string, port: number): Promise<Socket> {
  const socket = socketFor(host);
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject);
      socket.bind({ port, address: host, exclusive: true }, () => {
        socket.off('error', reject);
        resolve();
      });
    });
  } catch (cause) {
    socket.close();
    throw listenError('UDP', { host, port }, cause);
  }
  return socket;
}

class UdpListener implements Listener {
  private readonly channels = new Map<string, PeerChannel>();

  constructor(
    private readonly socket: Socket,
    readonly address: Address,
    private readonly accept: (channel: Channel) => void,
  ) {
    socket.on('message', (bytes, { address: host, port }) => this.receive(bytes, { host, port }));
    // An error of a listening UDP socket belongs to one datagram and ends nothing.
    socket.on('error', () => undefined);
  }

  async close(): Promise<void> {
    for (const channel of [...this.channels.values()]) await channel.close();
    await new Promise<void>((resolve) => {
      this.socket.close(() => resolve());
    });
  }

  private receive(bytes: Uint8Array, peer: Address): void {
    // Nothing can be sent to port 0.
    if (peer.port === 0) return;
    const key = addressText(peer);
    const channel = this.channels.get(key) ?? this.open(key, peer);
    this.channels.delete(key);
    this.channels.set(key, channel);
    channel.receiver?.message(bytes);
  }

  private open(key: string, peer: Address): PeerChannel {
    if (this.channels.size >= peersAtOnce) void this.channels.values().next().value?.close();
    const channel = new PeerChannel(
      key,
      (bytes) => this.socket.send(bytes, peer.port, peer.host, () => undefined),
      () => this.channels.delete(key),
    );
    this.accept(channel);
    return channel;
  }
}

/** One peer of a listening socket. */
class PeerChannel implements Channel {
  readonly kind = 'datagram';
  readonly maxMessageSize = maxMessageSize;
  receiver: Receiver | undefined;
  private open = true;

  constructor(
    readonly peer: string,
    private readonly transmit: (bytes: Uint8Array) => void,
    private readonly forget: () => void,
  ) {}

  attach(receiver: Receiver): void {
    this.receiver = receiver;
  }

  send(bytes: Uint8Array): void {
    if (this.open) this.transmit(bytes);
  }

  close(): Promise<void> {
    if (this.open) {
      this.open = false;
      this.forget();
      this.receiver?.closed();
    }
    return Promise.resolve();
  }
}
