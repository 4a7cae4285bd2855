import type { Channel } from './messages/channel';

/** What becomes of the messages of a channel; undefined: a message does not arrive. */
export interface Passage {
  sent(bytes: Uint8Array): Uint8Array | undefined;
  received(bytes: Uint8Array): Uint8Array | undefined;
}

/** A channel whose messages pass something on their way. */
export function passedChannel(channel: Channel, { sent, received }: Passage): Channel {
  const { peer, kind, security, maxMessageSize, roundTripMs } = channel;
  return {
    peer,
    kind,
    maxMessageSize,
    roundTripMs,
    ...(security && { security }),
    attach: (receiver) =>
      channel.attach({
        failure: (error) => receiver.failure(error),
        closed: () => receiver.closed(),
        message: (bytes) => {
          const arrived = received(bytes);
          if (arrived !== undefined) receiver.message(arrived);
        },
      }),
    send: (bytes) => {
      const left = sent(bytes);
      if (left !== undefined) channel.send(left);
    },
    close: () => channel.close(),
  };
}
