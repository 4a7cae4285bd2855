import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';

interface Compiler {
  compile: (code: Buffer) => Promise<unknown>;
}

/** Undici's parser is smaller, the DTLS module is larger, bytes. */
const largestParser = 100_000;

// Undici compiles its parser when it is loaded, and listens to a connection only then.
let isCompiled = (): void => undefined;
const compiled = new Promise<void>((resolve) => {
  isCompiled = resolve;
});
const wasm = (globalThis as unknown as { WebAssembly: Compiler }).WebAssembly;
const { compile } = wasm;
wasm.compile = async (code) => {
  if (code.length < largestParser) await compiled;
  return compile(code);
};

test('a connection that is refused before the parser of HTTP is ready is reported, and leaves nothing behind', async (t) => {
  const { DataSession } = await import('#dots/data/session');
  const { startOrchestrator } = await import('../../support/protocol/scene');
  const { data: server, ca } = await startOrchestrator(t);
  const session = await DataSession.open({ server, ca, cuid: 'one' });
  const refused = { code: 'data/client-certificate-missing' };
  const first = assert.rejects(session.get(''), refused);
  await delay(500);
  isCompiled();
  await first;
  await assert.rejects(session.get(''), refused);
  await session.close();
});
