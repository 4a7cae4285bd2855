import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { needTool } from '../../../support/tools';
import { native, runNative, writeParties } from '../../../support/protocol/dtlsNative';
import { temporaryFolder } from '../../../support/protocol/scene';

/** The program of the sanitizers; undefined, the test skipped, where it cannot be built here. */
async function needNative(t: TestContext): Promise<string | undefined> {
  const { findCompiler, makeNative } = await native();
  if (process.platform !== 'linux') return void t.skip('the sanitizers are used on Linux only');
  if (findCompiler() === undefined && !needTool(t, 'gcc', 'gcc libc6-dev')) return undefined;
  try {
    // Continuous integration fetches what it lacks; elsewhere a test asks no network.
    return await makeNative({ remote: process.env.CI === 'true' });
  } catch (error) {
    if (process.env.CI === 'true' || !(error instanceof Error) || !error.message.startsWith('DTLS is left out'))
      throw error;
    return void t.skip('the source of Mbed TLS is not at hand (npm run build)');
  }
}

test('under sanitizers, no handshake that is mutated, no certificate, and no lack of memory or of random octets harms the C code or lets anybody in', async (t) => {
  if (!needTool(t, 'openssl', 'openssl')) return;
  const program = await needNative(t);
  if (program === undefined) return;
  const folder = await temporaryFolder(t);
  writeParties(folder);
  const tally = await runNative({ program, folder, date: Math.floor(Date.now() / 1000), seed: 1, count: 400 });
  const { untouched } = tally;
  assert.ok(untouched!.rounds > 0 && untouched!.exchanged === untouched!.rounds, JSON.stringify(tally));
  for (const [style, { rounds }] of Object.entries(tally)) assert.ok(rounds > 0, style);
  // Some of what is changed on its way comes through, because the ends repeat it; a certificate does only where nothing
  // has changed.
  for (const style of ['datagrams', 'memory'])
    assert.ok(tally[style]!.whole > 0 && tally[style]!.whole < tally[style]!.rounds, style);
  assert.ok(tally.certificates!.whole < tally.certificates!.rounds / 2, JSON.stringify(tally));
});
