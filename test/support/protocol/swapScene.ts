import type { TestContext } from 'node:test';
import type { Channel } from '#dots/coap/messages/channel';
import type { DotsError } from '#dots/model/errors';
import type { ClientCredentials, ServerCredentials } from '#dots/transport/certificates/credentials';
import { connectDtls } from '#dots/transport/dtls/client';
import { connectTls } from '#dots/transport/tls/client';
import type { SwapPath, Swaps } from './certificateMessage';
import { psk, shows, startCoap, type Parties } from './dtlsScene';
import { libcoapServer, libcoapShows, opensslServer, opensslShows } from './dtlsTools';
import { swapDtls } from './dtlsSwap';
import { eventually, run } from './scene';
import { listening } from './tlsScene';
import { swapTls } from './tlsSwap';

/** A server of ours, whom it has refused, and how many it has let in. */
interface Ours {
  port: number;
  refused: DotsError[];
  admitted: readonly unknown[];
}

/** A transport in the version whose certificates travel in the clear. */
export interface Transport {
  name: string;
  /** For openssl. */
  flags: string[];
  scheme: string;
  swap(t: TestContext, server: number, swaps: Swaps): Promise<SwapPath>;
  serve(t: TestContext, credentials: ServerCredentials): Promise<Ours>;
  dial(port: number, credentials: ClientCredentials): Promise<Channel>;
}

const serverName = 'localhost';
const host = '127.0.0.1';

/** Datagrams of the relay are small, so that every chain travels in several fragments. */
export const dtls: Transport = {
  name: 'DTLS 1.2',
  flags: ['-dtls1_2'],
  scheme: 'coaps',
  swap: (t, server, swaps) => swapDtls(t, server, swaps, 300),
  serve: async (t, credentials) => {
    const { port, refused, channels } = await startCoap(t, credentials);
    return { port, refused, admitted: channels };
  },
  dial: (port, credentials) => connectDtls({ host, port }, { credentials, serverName }),
};

/** A server of ours that also knows pre-shared keys speaks TLS 1.2 only. */
export const tls: Transport = {
  name: 'TLS 1.2',
  flags: ['-tls1_2', '-alpn', 'coap'],
  scheme: 'coaps+tcp',
  swap: swapTls,
  serve: async (t, credentials) => {
    const { port, refused, sessions } = await listening(t, {
      ...credentials,
      psk: (identity) => (identity === psk.identity ? psk.key : undefined),
    });
    return { port, refused, admitted: sessions };
  },
  dial: (port, credentials) => connectTls({ host, port }, { credentials, serverName }),
};

/** A server of any make: what it says, and whether it has a session. */
export interface ServerPeer {
  port: number;
  said: () => string;
  established: () => boolean;
}

type StartServer = (t: TestContext, transport: Transport, all: Parties) => Promise<ServerPeer>;

/** What may be the peer of a client of ours. */
export const servers: Readonly<Record<'ours' | 'openssl s_server' | 'coap-server-openssl', StartServer>> = {
  ours: async (t, { serve }, { pki, server }) => {
    const { port, refused, admitted } = await serve(t, shows(pki, server));
    return {
      port,
      said: () => refused.map(({ code, message }) => `${code} ${message}`).join('\n'),
      established: () => admitted.length > 0,
    };
  },
  'openssl s_server': async (t, { flags }, { pki, server }) => {
    const { port, said } = await opensslServer(t, [
      ...flags,
      ...opensslShows(server, pki),
      '-Verify',
      '3',
      '-verify_return_error',
    ]);
    return { port, said, established: () => said().includes('CIPHER is') };
  },
  'coap-server-openssl': async (t, _transport, { pki, server }) => {
    const { port, said } = await libcoapServer(t, 'openssl', ['-v', '7', ...libcoapShows(server, pki)]);
    await eventually(() => said().includes('created TLS'));
    return { port, said, established: () => said().includes('session connected') };
  },
};

/** What a client of any make has come to. */
export interface Outcome {
  said: string;
  established: boolean;
}

type RunClient = (transport: Transport, all: Parties, port: number) => Promise<Outcome>;

/** What may talk to a server of ours. */
export const clients: Readonly<Record<'ours' | 'openssl s_client' | 'coap-client-openssl', RunClient>> = {
  ours: ({ dial }, { pki, client }, port) =>
    dial(port, shows(pki, client)).then(
      async (channel) => {
        await channel.close();
        return { said: channel.security?.peerName ?? '', established: true };
      },
      (error: DotsError) => ({ said: `${error.code} ${error.message}`, established: false }),
    ),
  'openssl s_client': async ({ flags }, { pki, client }, port) => {
    const { status, stdout, stderr } = await run('openssl', [
      's_client',
      ...flags,
      '-connect',
      `${host}:${port}`,
      ...opensslShows(client, pki),
      '-verify_hostname',
      serverName,
      '-verify_return_error',
    ]);
    return { said: `${stdout.toString()}${stderr}`, established: status === 0 };
  },
  'coap-client-openssl': async ({ scheme }, { pki, client }, port) => {
    const { stdout, stderr } = await run('coap-client-openssl', [
      '-B',
      '10',
      '-v',
      '7',
      ...libcoapShows(client, pki),
      '-m',
      'get',
      `${scheme}://${host}:${port}/a`,
    ]);
    return { said: `${stdout.toString()}${stderr}`, established: /session connected/.test(stdout.toString()) };
  },
};
