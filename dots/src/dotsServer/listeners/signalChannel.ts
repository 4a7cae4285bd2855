import type { Channel } from '#dots/coap/messages/channel';
import type { Clock } from '#dots/runtime/clock';
import type { Endpoint } from '#dots/coap/endpoint';
import { DotsError } from '#dots/model/errors';
import { oneLine } from '#dots/model/text';
import type { OpenSessions } from '#dots/transport/openSessions';
import { addressText, type Address } from '#dots/transport/address';
import type { ServerCredentials } from '#dots/transport/certificates/credentials';
import { listenDtls } from '#dots/transport/dtls/server';
import type { SecureListenOptions } from '#dots/transport/secure';
import { listenTls } from '#dots/transport/tls/server';
import { listenUdp, type Listener } from '#dots/transport/udp';

export interface SignalChannelOptions {
  host: string;
  /** 0: a free one; undefined: no plain CoAP. */
  plainPort: number | undefined;
  /** DTLS over UDP and TLS over TCP listen on the same number (RFC 9132 section 3); 0: a free one. */
  securePort: number;
  credentials: ServerCredentials;
  /** Counts the sessions of both secure transports. */
  sessions: OpenSessions;
  clock: Clock;
  /** Called with each client once its channel is established; returns the endpoint that serves it. */
  accept: (channel: Channel) => Endpoint;
  log: (line: string) => void;
}

interface Listeners {
  plain: Listener | undefined;
  tls: Listener;
  /** Undefined if the DTLS module was not built. */
  dtls: Listener | undefined;
}

/**
 * The signal channel of the server: DTLS, TLS, and plain CoAP for this machine where it is asked for; one endpoint for
 * each client.
 */
export class SignalChannel {
  private constructor(
    private readonly endpoints: ReadonlySet<Endpoint>,
    private readonly listeners: Listeners,
  ) {}

  /**
   * Throws a DotsError of kind `usage`: `transport/not-loopback`, `transport/port-in-use`, `transport/listen`,
   * `transport/credentials`.
   */
  static async open(options: SignalChannelOptions): Promise<SignalChannel> {
    const { host, plainPort, clock, credentials, sessions, log } = options;
    const endpoints = new Set<Endpoint>();
    const accept = (channel: Channel): void => track(endpoints, options.accept(channel));
    const secure: SecureListenOptions = {
      credentials,
      clock,
      sessions,
      refused: (error) => log(`signal: client refused: ${oneLine(error.message, 300)}`),
    };
    const plain = plainPort === undefined ? undefined : await listenUdp({ host, port: plainPort }, accept);
    try {
      const { tls, dtls } = await listenSecure({ host, port: options.securePort }, secure, accept, log);
      return new SignalChannel(endpoints, { plain, tls, dtls });
    } catch (error) {
      await plain?.close();
      throw error;
    }
  }

  /** `coap://127.0.0.1:N`; undefined without plain CoAP. */
  get plain(): string | undefined {
    const { plain } = this.listeners;
    return plain && `coap://${addressText(plain.address)}`;
  }

  /** `coaps://127.0.0.1:N`; undefined if the DTLS module was not built. */
  get coaps(): string | undefined {
    const { dtls } = this.listeners;
    return dtls && `coaps://${addressText(dtls.address)}`;
  }

  /** `coaps+tcp://127.0.0.1:N`. */
  get coapsTcp(): string {
    return `coaps+tcp://${addressText(this.listeners.tls.address)}`;
  }

  /** Ends the sessions (over TLS by a Release: RFC 8323 section 5.5) without waiting for the clients. */
  async close(): Promise<void> {
    const { plain, tls, dtls } = this.listeners;
    const sessions = [...this.endpoints].map((endpoint) => endpoint.close());
    await Promise.all([...sessions, plain?.close(), dtls?.close(), tls.close()]);
  }
}

function track(endpoints: Set<Endpoint>, endpoint: Endpoint): void {
  endpoints.add(endpoint);
  endpoint.onClose(() => endpoints.delete(endpoint));
}

/** How many free TCP ports are tried until one is free for UDP too. */
const attempts = 8;

/** One port number for both, because a client that tries both has only one: RFC 9132 section 4.3. */
async function listenSecure(
  requested: Address,
  secure: SecureListenOptions,
  accept: (channel: Channel) => void,
  log: (line: string) => void,
): Promise<{ tls: Listener; dtls: Listener | undefined }> {
  for (let attempt = 1; ; attempt += 1) {
    const tls = await listenTls(requested, secure, accept);
    try {
      return {
        tls,
        dtls: await withoutModule(listenDtls({ ...requested, port: tls.address.port }, secure, accept), log),
      };
    } catch (error) {
      await tls.close();
      const taken = error instanceof DotsError && error.code === 'transport/port-in-use';
      if (!taken || requested.port !== 0 || attempt === attempts) throw error;
    }
  }
}

/** Everything but DTLS works without its module; the log names what is missing. */
async function withoutModule(listener: Promise<Listener>, log: (line: string) => void): Promise<Listener | undefined> {
  try {
    return await listener;
  } catch (error) {
    if (!(error instanceof DotsError) || error.code !== 'transport/dtls-module-missing') throw error;
    log(`signal: no coaps: ${error.message}${error.hint === undefined ? '' : ` ${error.hint}`}`);
    return undefined;
  }
}
