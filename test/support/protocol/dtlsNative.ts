import { X509Certificate } from 'node:crypto';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from '../shared';
import { TestPki, type Identity } from './testPki';

/** The parts of dots/mbedtls/native.mjs that tests use. */
export interface Native {
  findCompiler(): string | undefined;
  makeNative(options: { remote?: boolean }): Promise<string>;
  nativeEnvironment: Record<string, string>;
}

export const native = async (): Promise<Native> =>
  (await import(pathToFileURL(join(root, 'dots/mbedtls/native.mjs')).href)) as Native;

/** What became of the rounds of each style: test/fuzz/native/main.c. */
export type NativeTally = Record<string, { rounds: number; whole: number; resumed: number; exchanged: number }>;

/**
 * The rounds to run, of a seed: each round is the same, alone and among others, for the same folder and date (seconds
 * since 1970).
 */
export interface NativeRun {
  program: string;
  folder: string;
  date: number;
  seed: number;
  first?: number;
  count: number;
}

/** Runs the program; throws what it has to say where a sanitizer or the program itself has found something. */
export async function runNative({ program, folder, date, seed, first = 0, count }: NativeRun): Promise<NativeTally> {
  const { nativeEnvironment } = await native();
  const words = [folder, date, seed, first, count].map(String);
  const { status, stdout, stderr } = spawnSync(program, words, {
    env: { ...process.env, ...nativeEnvironment },
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`${stderr}\nOnce more: ${program} ${words.join(' ')}`);
  return JSON.parse(stdout) as NativeTally;
}

const certificatesIn = (pem: string): Buffer[] =>
  (pem.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g) ?? []).map(
    (each) => new X509Certificate(each).raw,
  );

/**
 * Makes the credentials that the program reads from a folder: with EC keys, with RSA keys, and with an intermediate CA
 * that constrains names.
 */
export function writeParties(folder: string): void {
  for (const kind of ['ec', 'rsa', 'deep']) {
    const pki = TestPki.in(join(folder, kind), kind === 'rsa' ? 'rsa' : 'ec');
    const middle =
      kind === 'deep'
        ? [
            pki.issue({
              purpose: 'ca',
              nameConstraints: 'critical,permitted;DNS:localhost',
              basicConstraints: 'critical,CA:TRUE,pathlen:0',
            }),
          ]
        : [];
    const write = (part: string, content: string | Uint8Array): void =>
      writeFileSync(join(folder, `${kind}-${part}`), content);
    const show = (name: string, { cert, key }: Identity): void => {
      certificatesIn(cert).forEach((der, link) => write(`${name}-${link}.der`, der));
      write(`${name}.key`, key);
    };
    for (const purpose of ['server', 'client'] as const)
      show(purpose, pki.issue({ purpose, names: ['localhost'], ...(middle[0] && { by: middle[0] }) }));
    write('ca.der', certificatesIn(pki.ca.cert)[0]!);
    write('crl.pem', [pki.revocations([]), ...middle.map((by) => pki.revocations([], 30, -1, by))].join(''));
  }
}
