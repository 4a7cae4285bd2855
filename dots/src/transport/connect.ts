import type { Channel } from '#dots/coap/channel';
import type { Clock } from '#dots/coap/clock';
import type { ClientCredentials } from './credentials';
import { connectDtls } from './dtls/client';
import { connectTls } from './tls/client';
import { connectUdp } from './udp';
import { parseServer } from './address';

export interface ConnectOptions { credentials?: ClientCredentials; signal?: AbortSignal; clock?: Clock; deadlineMs?: number }

export async function connect(server: string, options: ConnectOptions): Promise<Channel> {
  const url = new URL(server.includes('://') ? server : `coaps://${server}`);
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const address = { host, port: Number(url.port) };
  if (url.protocol === 'coap:') return connectUdp(parseServer(server));
  const { credentials } = options;
  if (credentials === undefined) throw new Error('credentials');
  return url.protocol === 'coaps:' ? connectDtls(address, { ...options, credentials, serverName: host }) : connectTls(address, { ...options, credentials, serverName: host });
}
