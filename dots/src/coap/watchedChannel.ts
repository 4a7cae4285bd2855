import type { Channel } from './messages/channel';
import { decodeMessage } from './messages/codec';
import { encodeFrame, FrameReader } from './messages/frames';
import type { Malformed, Message, TokenMessage } from './messages/message';
import { passedChannel } from './passedChannel';

/** A CoAP message as it was sent or received; over a stream it has neither type nor message ID. */
export interface WatchedMessage {
  way: 'sent' | 'received';
  /** Host and port of the other end. */
  peer: string;
  message: Message | TokenMessage | Malformed;
  /** Its size without (D)TLS, UDP and IP. */
  octets: number;
}

/** Receives each message of a channel, in the order of time. */
export type MessageWatch = (message: WatchedMessage) => void;

/** The largest message on a stream that is shown, bytes. */
const largestFrame = 1 << 20;

/** A channel whose messages are shown to a watch: every copy that is sent, and every message that arrives. */
export function watchedChannel(channel: Channel, watch: MessageWatch): Channel {
  const { peer, kind } = channel;
  const seen = (way: WatchedMessage['way']): ((bytes: Uint8Array) => Uint8Array) => {
    const read = reader(kind, (message, octets) => watch({ way, peer, message, octets }));
    return (bytes) => {
      read(bytes);
      return bytes;
    };
  };
  return passedChannel(channel, { sent: seen('sent'), received: seen('received') });
}

type Show = (message: WatchedMessage['message'], octets: number) => void;

/** Reads the messages in what passes: a datagram is one, a stream is cut at its frames. */
function reader(kind: Channel['kind'], show: Show): (bytes: Uint8Array) => void {
  if (kind === 'datagram') return (bytes) => show(decodeMessage(bytes), bytes.length);
  const frames = new FrameReader(largestFrame);
  return (bytes) => {
    for (const message of frames.push(bytes))
      show(message, 'malformed' in message ? bytes.length : encodeFrame(message).length);
  };
}
