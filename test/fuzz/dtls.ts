/**
 * Mutates thousands of DTLS handshakes: `npm run fuzz:dtls -- [handshakes] [seed]`; with `--native` the C files in a
 * native build under AddressSanitizer and UndefinedBehaviorSanitizer, with certificates that are changed, and memory
 * and random octets that run out.
 */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { fuzzHandshakes } from '../support/protocol/dtlsFuzz';
import { native, runNative, writeParties } from '../support/protocol/dtlsNative';
import { TestPki } from '../support/protocol/testPki';
import { removeFolder } from '../support/removeFolder';

/** Through the product: TypeScript and the WebAssembly module. */
async function throughProduct(folder: string, deep: number, seed: number): Promise<object> {
  const pki = TestPki.in(folder);
  const [server, client] = [
    pki.issue({ purpose: 'server', names: ['localhost'] }),
    pki.issue({ purpose: 'client', names: ['client.example'] }),
  ];
  return fuzzHandshakes({ pki, server, client, psk: { identity: 'dots', key: Buffer.from('secret123') }, seed, deep });
}

async function underSanitizers(folder: string, count: number, seed: number): Promise<object> {
  const { findCompiler, makeNative } = await native();
  if (findCompiler() === undefined)
    throw new Error('The sanitizers need gcc or clang on Linux: apt-get install gcc libc6-dev.');
  const program = await makeNative({});
  writeParties(folder);
  return runNative({ program, folder, date: Math.floor(Date.now() / 1000), seed, count });
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({ options: { native: { type: 'boolean' } }, allowPositionals: true });
  const [count = 10_000, seed = 1] = positionals.map(Number);
  const folder = mkdtempSync(join(tmpdir(), 'dots-fuzz-'));
  const tally = await (values.native === true ? underSanitizers : throughProduct)(folder, count, seed);
  console.log(JSON.stringify({ seed, ...tally }, undefined, 2));
  // Where something was found, the credentials stay, for to do it again.
  removeFolder(folder);
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
