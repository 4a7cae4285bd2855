import type { Channel } from '#dots/coap/messages/channel';
import type { Clock } from '#dots/runtime/clock';
import type { Endpoint } from '#dots/coap/endpoint';
import { DotsError } from '#dots/model/errors';
import { oneLine } from '#dots/model/text';
import { addressText, type Address } from '#dots/transport/address';
import type { ServerCredentials } from '#dots/transport/certificates/credentials';
import { listenDtls } from '#dots/transport/dtls/server';
import type { SecureListenOptions } from '#dots/transport/secure';
import { listenTls } from '#dots/transport/tls/server';
import { listenUdp, type Listener } from '#dots/transport/udp';

export interface SignalChannelOptions {
  host: string;
  /** 0 picks a free one. */
  plainPort: number;
  /** DTLS over UDP and TLS over TCP listen on the same number, as RFC 9132 section 3 has it; 0 picks free ones. */
  securePort: number;
  credentials: ServerCredentials;
  clock: Clock;
  /** Gets each client once its path stands, and gives the endpoint that serves it. */
  accept: (channel: Channel) => Endpoint;
  log: (line: string) => void;
}

/** The signal channel of the orchestrator: plain CoAP for this machine, DTLS, TLS; one endpoint for each client. */
export class SignalChannel {
  private constructor(
    private readonly endpoints: ReadonlySet<Endpoint>,
    private readonly plainListener: Listener,
    private readonly dtls: Listener | undefined,
    private readonly tls: Listener,
  ) {}

  /** Throws a DotsError of kind `usage`: `transport/not-loopback`, `transport/port-in-use`, `transport/listen`, `transport/credentials`. */
  static async open(options: SignalChannelOptions): Promise<SignalChannel> {
    const { host, plainPort, clock, credentials, log } = options;
    const endpoints = new Set<Endpoint>();
    const accept = (channel: Channel): void => keep(endpoints, options.accept(channel));
    const secure: SecureListenOptions = {
      credentials,
      clock,
      refused: (error) => log(`signal: a client was refused: ${oneLine(error.message, 300)}`),
    };
    const plain = await listenUdp({ host, port: plainPort }, accept);
    try {
      const { tls, dtls } = await listenSecure({ host, port: options.securePort }, secure, accept, log);
      return new SignalChannel(endpoints, plain, dtls, tls);
    } catch (error) {
      await plain.close();
      throw error;
    }
  }

  /** `coap://127.0.0.1:N`. */
  get plain(): string {
    return `coap://${addressText(this.plainListener.address)}`;
  }

  /** `coaps://127.0.0.1:N`; undefined where the DTLS module was not built. */
  get coaps(): string | undefined {
    return this.dtls && `coaps://${addressText(this.dtls.address)}`;
  }

  /** `coaps+tcp://127.0.0.1:N`. */
  get coapsTcp(): string {
    return `coaps+tcp://${addressText(this.tls.address)}`;
  }

  /** Says goodbye to the clients (over TLS by a Release: RFC 8323 section 5.5), and does not wait until they have gone. */
  async close(): Promise<void> {
    const goodbyes = [...this.endpoints].map((endpoint) => endpoint.close());
    await Promise.all([...goodbyes, this.plainListener.close(), this.dtls?.close(), this.tls.close()]);
  }
}

function keep(endpoints: Set<Endpoint>, endpoint: Endpoint): void {
  endpoints.add(endpoint);
  endpoint.onClose(() => endpoints.delete(endpoint));
}

/** How often a free TCP port is tried whose number is taken for UDP. */
const attempts = 8;

/** One number for both, because a client that tries both knows only one: RFC 9132 section 4.3. */
async function listenSecure(
  wanted: Address,
  secure: SecureListenOptions,
  accept: (channel: Channel) => void,
  log: (line: string) => void,
): Promise<{ tls: Listener; dtls: Listener | undefined }> {
  for (let attempt = 1; ; attempt += 1) {
    const tls = await listenTls(wanted, secure, accept);
    try {
      return { tls, dtls: await withoutModule(listenDtls({ ...wanted, port: tls.address.port }, secure, accept), log) };
    } catch (error) {
      await tls.close();
      const taken = error instanceof DotsError && error.code === 'transport/port-in-use';
      if (!taken || wanted.port !== 0 || attempt === attempts) throw error;
    }
  }
}

/** Everything but DTLS works without its module, and the log says what is missing. */
async function withoutModule(listener: Promise<Listener>, log: (line: string) => void): Promise<Listener | undefined> {
  try {
    return await listener;
  } catch (error) {
    if (!(error instanceof DotsError) || error.code !== 'transport/dtls-module-missing') throw error;
    log(`signal: no coaps: ${error.message}${error.hint === undefined ? '' : ` ${error.hint}`}`);
    return undefined;
  }
}
