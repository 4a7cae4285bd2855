import { join } from 'node:path';
import { createServer, type Server, type ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';
import { readFile } from 'node:fs/promises';
import type { TestContext } from 'node:test';
import { DataSession, type DataSessionOptions } from '#dots/data/session';
import type { JsonObject } from '#dots/model/json';
import type { Orchestrator } from '#dots/orchestrator/orchestrator';
import { certify, newKey, type CertificateRequest } from '#dots/transport/certificates/certificates';
import { writeFile } from 'node:fs/promises';

export const cuid = 'dz6pHjaADkaFTbjr0JGBpw';

/** A data channel session with an orchestrator, with its own client certificate by default; it ends with the test. */
export async function openData(
  t: TestContext,
  { data, ca, cert, key }: Pick<Orchestrator, 'data' | 'ca' | 'cert' | 'key'>,
  more: Partial<DataSessionOptions> = {},
): Promise<DataSession> {
  const session = await DataSession.open({ server: data, ca, cert, key, cuid, ...more });
  t.after(() => session.close());
  return session;
}

export function ace(name: string, port: number, forwarding = 'drop'): JsonObject {
  return {
    name,
    matches: {
      ipv4: { 'destination-ipv4-network': '192.0.2.0/24', protocol: 17 },
      udp: { 'source-port-range-or-operator': { operator: 'eq', port } },
    },
    actions: { forwarding },
  };
}

export function acl(name: string, ...ace: JsonObject[]): JsonObject {
  return { name, type: 'ipv4-acl-type', 'activation-type': 'activate-when-mitigating', aces: { ace } };
}

export const acls = (...list: JsonObject[]): JsonObject => ({ 'ietf-dots-data-channel:acls': { acl: list } });
export const aliases = (...list: JsonObject[]): JsonObject => ({ 'ietf-dots-data-channel:aliases': { alias: list } });
export const alias = (name: string, ...prefixes: string[]): JsonObject => ({ name, 'target-prefix': prefixes });

/** Another client certificate, signed by the CA of a lab. */
export async function anotherClient(folder: string, caFile: string): Promise<{ cert: string; key: string }> {
  const ca = {
    cert: await readFile(caFile, 'utf8'),
    key: await readFile(caFile.replace(/ca\.pem$/, 'ca-key.pem'), 'utf8'),
  };
  return credentials(folder, 'other', { purpose: 'client', commonName: 'another client' }, ca);
}

/**
 * Writes a certificate and its key into a folder; signed by itself where no CA is given. Valid for an hour around now
 * by default.
 */
export async function credentials(
  folder: string,
  name: string,
  request: Omit<CertificateRequest, 'notBefore' | 'notAfter'> & Partial<CertificateRequest>,
  ca?: { cert: string; key: string },
): Promise<{ cert: string; key: string; pem: { cert: string; key: string } }> {
  const hour = 3600 * 1000;
  const pem = certify(
    { notBefore: new Date(Date.now() - hour), notAfter: new Date(Date.now() + hour), ...request },
    await newKey(),
    ca,
  );
  const paths = { cert: join(folder, `${name}.pem`), key: join(folder, `${name}-key.pem`) };
  await writeFile(paths.cert, pem.cert);
  await writeFile(paths.key, pem.key, { mode: 0o600 });
  return { ...paths, pem };
}

/** An HTTPS server on loopback that answers everything with 404 and asks for a client certificate of a CA. */
export async function httpsServer(
  t: Pick<TestContext, 'after'>,
  server: { cert: string; key: string },
  ca: string,
  more: ServerOptions = {},
): Promise<string> {
  const listener: Server = createServer(
    { ...server, ca, requestCert: true, rejectUnauthorized: true, ...more },
    (_request, response) => response.writeHead(404).end(),
  );
  listener.on('tlsClientError', () => undefined);
  await new Promise<void>((resolve) => {
    listener.listen(0, '127.0.0.1', resolve);
  });
  t.after(
    () =>
      new Promise<void>((resolve) => {
        listener.close(() => resolve());
        listener.closeAllConnections();
      }),
  );
  return `https://127.0.0.1:${(listener.address() as AddressInfo).port}`;
}
