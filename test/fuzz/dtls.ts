/** Mutates thousands of DTLS handshakes: `npm run fuzz:dtls -- [handshakes] [seed]`. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fuzzHandshakes } from '../support/protocol/dtlsFuzz';
import { TestPki } from '../support/protocol/testPki';

const [deep = 10_000, seed = 1] = process.argv.slice(2).map(Number);

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'dots-fuzz-'));
  try {
    const pki = TestPki.in(folder);
    const [server, client] = [
      pki.issue({ purpose: 'server', names: ['localhost'] }),
      pki.issue({ purpose: 'client', names: ['client.example'] }),
    ];
    const tally = await fuzzHandshakes({
      pki,
      server,
      client,
      psk: { identity: 'dots', key: Buffer.from('secret123') },
      seed,
      deep,
    });
    console.log(JSON.stringify({ seed, ...tally }, undefined, 2));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
