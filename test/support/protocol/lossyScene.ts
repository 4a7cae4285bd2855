import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { createHash } from 'node:crypto';
import { copyFileSync, lstatSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { systemClock } from '#dots/runtime/clock';
import type { Orchestrator } from '#dots/orchestrator/orchestrator';
import { defaultPolicy, defaultTiming } from '#dots/dotsServer/state/policy';
import type { ClientCredentials, ServerCredentials } from '#dots/transport/certificates/credentials';
import { LossyRelay, type Conditions, type Counts } from '../lossyRelay';
import { psk, shows } from './dtlsScene';
import { startOrchestrator, temporaryFolder } from './scene';
import { TestPki, type Identity } from './testPki';

/** Everything that a path of the real world does, at once. */
const conditions = { loss: 0.1, duplication: 0.1, reordering: 0.2, delay: [0, 30] } as const;
/** Longer than the copies take that the seeds cost. */
export const timeoutMs = 60_000;
/** All at once: most of their time they wait for the next copy. */
export const together = { concurrency: 12 };
/** 4.3 on Debian 12. */
export const debianPackage = 'libcoap3-bin';
export const builds = ['openssl', 'gnutls'] as const;
export type Build = (typeof builds)[number];
export const proofs = ['ec', 'rsa', 'psk'] as const;
export type Proof = (typeof proofs)[number];
export const loopbacks = ['127.0.0.1', '::1'] as const;
export type Loopback = (typeof loopbacks)[number];

/** An address as URLs hold it. */
export const bracketed = (host: string): string => (host.includes(':') ? `[${host}]` : host);

/** A CA with a server for loopback and a client. */
export interface Arms {
  pki: TestPki;
  server: Identity;
  client: Identity;
}

/**
 * Names by which certificates grow larger than a datagram, so that the message that holds one goes in fragments, any of
 * which may be lost.
 */
const manyNames = Array.from(
  { length: 16 },
  (_, index) => `host-${index}.a-name-that-is-long-enough-to-fill-a-certificate.example`,
);

/** Those of RSA do not fit in one datagram. */
function arm(folder: string, kind: 'ec' | 'rsa'): Arms {
  const pki = TestPki.in(join(folder, kind), kind);
  const more = kind === 'rsa' ? manyNames : [];
  const server = pki.issue({ purpose: 'server', names: ['localhost', ...loopbacks, ...more] });
  const client = pki.issue({ purpose: 'client', names: ['client.example', ...more] });
  if (kind === 'rsa') for (const { cert } of [server, client]) assert.ok(new X509Certificate(cert).raw.length > 1280);
  return { pki, server, client };
}

/** The arms of every proof; a pre-shared key needs none. */
export async function armoury(t: TestContext): Promise<Record<'ec' | 'rsa', Arms>> {
  const folder = await temporaryFolder(t);
  return { ec: arm(folder, 'ec'), rsa: arm(folder, 'rsa') };
}

export function clientCredentials(arms: Record<'ec' | 'rsa', Arms>, proof: Proof): ClientCredentials {
  return proof === 'psk' ? { psk } : shows(arms[proof].pki, arms[proof].client);
}

export function serverCredentials(arms: Record<'ec' | 'rsa', Arms>, proof: Proof): ServerCredentials {
  return proof === 'psk' ? { psk: keyOf } : shows(arms[proof].pki, arms[proof].server);
}

export const keyOf = (identity: string): Buffer | undefined => (identity === psk.identity ? psk.key : undefined);

/** What libcoap's client is to show, and its server. */
export function libcoapArguments(arms: Record<'ec' | 'rsa', Arms>, proof: Proof, role: 'client' | 'server'): string[] {
  if (proof === 'psk')
    return role === 'client'
      ? ['-u', psk.identity, '-k', psk.key.toString()]
      : ['-k', psk.key.toString(), '-h', 'hint'];
  const { certFile, keyFile } = arms[proof][role];
  return ['-c', certFile, '-j', keyFile, '-C', arms[proof].pki.ca.certFile];
}

/** An orchestrator of which a test knows what it has handled. */
export interface Lab {
  orchestrator: Orchestrator;
  /** One line for each request and each change. */
  log: string[];
}

/** Marks the CA of a lab folder as one that was made there: one that was copied into it does not count. */
function adoptCa(folder: string): void {
  const { ino, birthtimeNs } = lstatSync(folder, { bigint: true });
  const cert = readFileSync(join(folder, 'ca.pem'), 'utf8');
  const origin = createHash('sha256').update(`${ino} ${birthtimeNs} ${cert}`).digest('hex');
  writeFileSync(join(folder, 'ca-origin'), `${origin}\n`);
}

/** An orchestrator with these arms instead of those that it makes for itself. */
async function lab(t: TestContext, { pki, server, client }: Arms, host: Loopback): Promise<Lab> {
  const folder = await temporaryFolder(t);
  mkdirSync(join(folder, 'lab'));
  for (const [name, { certFile, keyFile }] of Object.entries({ ca: pki.ca, server, client })) {
    copyFileSync(certFile, join(folder, 'lab', `${name}.pem`));
    copyFileSync(keyFile, join(folder, 'lab', `${name}-key.pem`));
  }
  adoptCa(join(folder, 'lab'));
  const log: string[] = [];
  return {
    log,
    orchestrator: await startOrchestrator(t, {
      host,
      stateDir: folder,
      clock: systemClock,
      log: (line) => log.push(line),
      psk: keyOf,
      policy: { ...defaultPolicy, timing: { ...defaultTiming, statusMs: 500 } },
    }),
  };
}

/** An orchestrator for each proof at each address. */
export async function labs(
  t: TestContext,
  arms: Record<'ec' | 'rsa', Arms>,
): Promise<(proof: Proof | 'none', host: Loopback) => Lab> {
  const all = new Map<string, Lab>();
  for (const kind of ['ec', 'rsa'] as const)
    for (const host of loopbacks) all.set(`${kind} ${host}`, await lab(t, arms[kind], host));
  return (proof, host) => all.get(`${proof === 'rsa' ? 'rsa' : 'ec'} ${host}`)!;
}

/** A lossy path to a port of loopback, until the test ends. */
export async function lossyPath(
  t: TestContext,
  address: string,
  port: number,
  seed: number,
  more: Partial<Conditions> = {},
): Promise<LossyRelay> {
  const relay = await LossyRelay.open({ address, port }, { ...conditions, ...more, seed });
  t.after(() => relay.close());
  return relay;
}

/** The path did every kind of harm. */
export async function harmed(relay: LossyRelay): Promise<void> {
  const counts = await relay.counts();
  for (const kind of ['lost', 'duplicated', 'delayed', 'overtaken'] satisfies (keyof Counts)[])
    assert.notEqual(counts[kind], 0, `${kind} of ${JSON.stringify(counts)}`);
}
