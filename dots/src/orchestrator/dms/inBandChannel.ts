import type { Channel } from '#dots/coap/messages/channel';
import type { World } from '#dots/world/world';
import { passedChannel } from '#dots/coap/passedChannel';

/**
 * The signal channel of a client whose messages take a link of the world: a datagram is lost with the probability with
 * which the link loses traffic. A stream ends where TCP makes no progress any more.
 */
export class InBandLinks {
  private passed = 0;

  constructor(private readonly world: World) {}

  /** The channel as it is over a link. */
  channel(channel: Channel, link: string): Channel {
    const pass = (bytes: Uint8Array): Uint8Array | undefined => {
      if (channel.kind === 'datagram') return this.world.isLost(link, this.passed++) ? undefined : bytes;
      if (this.world.dataChannelPasses(link)) return bytes;
      void channel.close();
      return undefined;
    };
    return passedChannel(channel, { sent: pass, received: pass });
  }
}
