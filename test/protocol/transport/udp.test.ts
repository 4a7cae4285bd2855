import assert from 'node:assert/strict';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { test, type TestContext } from 'node:test';
import { plainAnswer } from '#dots/coap/answer';
import { decodeMessage, encodeMessage } from '#dots/coap/messages/codec';
import { Endpoint } from '#dots/coap/endpoint';
import { emptyCode, noBytes, type Message } from '#dots/coap/messages/message';
import { blockOption, option } from '#dots/coap/messages/options';
import { connectUdp, listenUdp } from '#dots/transport/udp';
import { loopbacks, type Loopback } from '../../support/protocol/lossyScene';

/** A socket of a server, and what it hears, message by message. */
class Port {
  private constructor(readonly socket: Socket) {}

  static async open(t: TestContext, host: Loopback): Promise<Port> {
    const socket = createSocket(host === '::1' ? 'udp6' : 'udp4');
    t.after(() => socket.close());
    socket.bind(0, host);
    await once(socket, 'listening');
    return new Port(socket);
  }

  get address(): { host: string; port: number } {
    const { address: host, port } = this.socket.address();
    return { host, port };
  }

  async hear(): Promise<{ message: Message; from: { host: string; port: number } }> {
    const [bytes, { address: host, port }] = (await once(this.socket, 'message')) as [
      Buffer,
      { address: string; port: number },
    ];
    const message = decodeMessage(bytes);
    assert.ok(!('malformed' in message));
    return { message, from: { host, port } };
  }

  /** Resolves when the system has it, which on loopback brings it to the other end before whatever is sent after it. */
  say(message: Message, { host, port }: { host: string; port: number }): Promise<void> {
    return new Promise((resolve, reject) => {
      this.socket.send(encodeMessage(message), port, host, (error) => (error === null ? resolve() : reject(error)));
    });
  }
}

/** The answer to a request, right in everything that is written in it. */
function answerTo({ type, messageId, token }: Message, text: string): Message {
  return {
    type: type === 'CON' ? 'ACK' : 'NON',
    messageId,
    token,
    code: '2.05',
    options: [],
    payload: Buffer.from(text),
  };
}

for (const host of loopbacks) {
  for (const confirmable of [true, false]) {
    test(`an answer with the right token from another port of ${host} is not taken, nor a reset: ${confirmable ? 'CON' : 'NON'}`, async (t) => {
      const [server, stranger] = [await Port.open(t, host), await Port.open(t, host)];
      const endpoint = new Endpoint(await connectUdp(server.address));
      t.after(() => endpoint.close());
      const heard = server.hear();
      const answer = endpoint.request({ method: 'GET', path: ['a'], confirmable }, { timeoutMs: 20_000 });
      const { message, from } = await heard;
      await stranger.say(answerTo(message, 'from a stranger'), from);
      await stranger.say(
        { type: 'RST', code: emptyCode, messageId: message.messageId, token: '', options: [], payload: noBytes },
        from,
      );
      await server.say(answerTo(message, 'from the server'), from);
      assert.equal(Buffer.from((await answer).payload).toString(), 'from the server');
      assert.deepEqual(endpoint.traffic, { received: 1, sent: 1, malformed: 0 });
    });
  }

  test(`a server takes what another port of ${host} sends for the words of another client`, async (t) => {
    const served: string[] = [];
    const listener = await listenUdp({ host, port: 0 }, (channel) => {
      served.push(channel.peer);
      void new Endpoint(channel, {
        handler: ({ payload }) => Promise.resolve(plainAnswer('2.04', `${payload.length}`)),
      });
    });
    t.after(() => listener.close());
    const [client, stranger] = [await Port.open(t, host), await Port.open(t, host)];
    const block = (number: number, more: boolean): Message => ({
      type: 'CON',
      code: '0.03',
      messageId: number,
      token: 'cafe',
      options: [option('Uri-Path', 'a'), blockOption('Block1', { number, more, size: 16 })],
      payload: Buffer.alloc(16),
    });
    const ask = async (port: Port, message: Message): Promise<string> => {
      const heard = port.hear();
      await port.say(message, listener.address);
      return (await heard).message.code;
    };
    assert.equal(await ask(client, block(0, true)), '2.31');
    // The next block of the same upload, with the same token: to the server it is one without a beginning.
    assert.equal(await ask(stranger, block(1, false)), '4.08');
    assert.equal(await ask(client, block(1, false)), '2.04');
    assert.equal(served.length, 2);
  });
}
