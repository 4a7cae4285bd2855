import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { Channel } from '#dots/coap/messages/channel';
import { Endpoint } from '#dots/coap/endpoint';
import { connectDtls } from '#dots/transport/dtls/client';
import { listenDtls } from '#dots/transport/dtls/server';
import { needTool } from '../../support/tools';
import { needDtls, psk } from '../../support/protocol/dtlsScene';
import { startProgram, type Program } from '../../support/protocol/dtlsTools';
import {
  armoury,
  bracketed,
  clientCredentials,
  harmed,
  loopbacks,
  lossyPath,
  proofs,
  serverCredentials,
  timeoutMs,
  together,
  type Arms,
  type Loopback,
  type Proof,
} from '../../support/protocol/lossyScene';
import { eventually, freePort } from '../../support/protocol/scene';
import { echo } from '../../support/protocol/tlsScene';

type AllArms = Record<'ec' | 'rsa', Arms>;
interface Pair {
  proof: Proof;
  host: Loopback;
}

const pairs: Pair[] = [
  ...proofs.map((proof) => ({ proof, host: loopbacks[0] })),
  { proof: 'rsa' as const, host: loopbacks[1] },
];
/** By it, every kind of harm befalls each pair. */
const seed = 3;

/**
 * Words of the other end only; and a datagram that openssl drops, as a late copy, must not keep it from reading ours
 * until the next one comes.
 */
const plain = ['-dtls1_2', '-quiet', '-nbio'];

function opensslArguments(arms: AllArms, proof: Proof, role: 'client' | 'server'): string[] {
  if (proof === 'psk')
    return [
      '-psk_identity',
      psk.identity,
      '-psk',
      psk.key.toString('hex'),
      ...(role === 'server' ? ['-nocert'] : ['-cipher', 'PSK']),
    ];
  const { certFile, keyFile } = arms[proof][role];
  const judge = role === 'server' ? ['-Verify', '3'] : ['-verify_hostname', 'localhost'];
  return ['-cert', certFile, '-key', keyFile, '-CAfile', arms[proof].pki.ca.certFile, ...judge, '-verify_return_error'];
}

/**
 * A program of openssl speaks DTLS and nothing else: what it decrypts it prints, what it reads it sends, so that an
 * endpoint of ours can speak through it.
 */
function through({ child }: Program): Channel {
  return {
    kind: 'datagram',
    peer: 'openssl',
    maxMessageSize: 1100,
    attach: (receiver) => {
      child.stdout?.on('data', (bytes: Buffer) => receiver.message(bytes));
      child.once('close', () => receiver.closed());
    },
    send: (bytes) => {
      child.stdin?.write(bytes);
    },
    close: () => Promise.resolve(),
  };
}

/** Each message behind its length, because a program's pipes do not keep one datagram from the next. */
function measured(channel: Channel): Channel {
  return {
    kind: 'datagram',
    peer: channel.peer,
    maxMessageSize: channel.maxMessageSize - 2,
    attach: (receiver) => {
      let heard = Buffer.alloc(0);
      const message = (bytes: Uint8Array): void => {
        heard = Buffer.concat([heard, bytes]);
        for (
          let end;
          heard.length >= 2 && heard.length >= (end = 2 + heard.readUInt16BE());
          heard = heard.subarray(end)
        )
          receiver.message(heard.subarray(2, end));
      };
      channel.attach({ message, failure: (error) => receiver.failure(error), closed: () => receiver.closed() });
    },
    send: (bytes) => channel.send(Buffer.concat([Uint8Array.of(bytes.length >> 8, bytes.length & 255), bytes])),
    close: () => channel.close(),
  };
}

/** Bodies there and back, small and in blocks. */
async function exchange(client: Endpoint): Promise<void> {
  for (const [size, confirmable] of [
    [100, false],
    [100, true],
    [3000, true],
  ] as const) {
    const text = 'dots'.repeat(size / 4);
    const { code, payload } = await client.request(
      { method: 'PUT', path: ['a'], payload: Buffer.from(text), contentFormat: 0, confirmable },
      { timeoutMs },
    );
    assert.deepEqual([code, Buffer.from(payload).toString()], ['2.05', `PUT a ${text}`]);
  }
}

async function all(t: TestContext, run: (t: TestContext, arms: AllArms, pair: Pair) => Promise<void>): Promise<void> {
  if (!needTool(t, 'openssl', 'openssl') || !needDtls(t)) return;
  const arms = await armoury(t);
  await Promise.all(pairs.map((pair) => t.test(`${pair.proof}, ${pair.host}`, (t) => run(t, arms, pair))));
}

test('our client and openssl s_server, over a path that loses, delays, reorders and repeats', together, (t) =>
  all(t, async (t, arms, { proof, host }) => {
    const port = await freePort();
    const program = startProgram(t, 'openssl', [
      's_server',
      ...plain,
      '-accept',
      `${bracketed(host)}:${port}`,
      ...opensslArguments(arms, proof, 'server'),
    ]);
    const server = new Endpoint(measured(through(program)), { handler: echo });
    const relay = await lossyPath(t, host, port, seed);
    const client = new Endpoint(
      measured(
        await connectDtls(
          { host, port: relay.port },
          { credentials: clientCredentials(arms, proof), serverName: 'localhost', deadlineMs: timeoutMs },
        ),
      ),
    );
    t.after(() => Promise.all([client.close(), server.close()]));
    await exchange(client);
    await harmed(relay);
  }),
);

test('openssl s_client and our server, over such a path', together, (t) =>
  all(t, async (t, arms, { proof, host }) => {
    const accepted: Endpoint[] = [];
    const listener = await listenDtls({ host, port: 0 }, { credentials: serverCredentials(arms, proof) }, (channel) =>
      accepted.push(new Endpoint(measured(channel), { handler: echo })),
    );
    t.after(() => listener.close());
    const relay = await lossyPath(t, host, listener.address.port, seed);
    const program = startProgram(t, 'openssl', [
      's_client',
      ...plain,
      '-connect',
      `${bracketed(host)}:${relay.port}`,
      ...opensslArguments(arms, proof, 'client'),
    ]);
    const client = new Endpoint(measured(through(program)));
    await eventually(() => accepted.length > 0 || program.child.exitCode !== null);
    assert.equal(accepted.length, 1, program.said());
    t.after(() => client.close());
    await exchange(client);
    await harmed(relay);
  }),
);
