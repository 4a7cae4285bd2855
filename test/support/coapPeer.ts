import type { TestContext } from 'node:test';
import { decodeMessage, encodeMessage } from '#dots/coap/messages/codec';
import { noBytes, type Message } from '#dots/coap/messages/message';
import { udpSocket } from './protocol/scene';

export interface Peer {
  server: string;
  received: Message[];
}

/** A server on a socket of its own that answers each message in this way, with NON; undefined is silence. */
export async function peer(t: TestContext, replyTo: (message: Message) => Partial<Message> | undefined): Promise<Peer> {
  const socket = await udpSocket(t);
  const received: Message[] = [];
  socket.on('message', (bytes: Buffer, { port, address }) => {
    const asked = decodeMessage(bytes) as Message;
    received.push(asked);
    const reply = replyTo(asked);
    if (reply === undefined) return;
    const head = { ...asked, type: 'NON' as const, options: [], payload: noBytes };
    socket.send(encodeMessage({ ...head, ...reply }), port, address);
  });
  return { server: `coap://127.0.0.1:${socket.address().port}`, received };
}
