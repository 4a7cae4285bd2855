import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { pathToFileURL } from 'node:url';
import { deflateRawSync } from 'node:zlib';
import { root } from '../../support/shared';
import { removeFolder } from '../../support/removeFolder';

interface Packing {
  checkModule(module: Uint8Array | undefined, options?: { withoutDtls?: boolean }): Promise<void>;
  report(file: string, archive: Buffer): string[];
}
interface Tools {
  makeModule(): Promise<Uint8Array>;
  recordModule(): void;
  SourceMissing: new (message: string) => Error;
}
interface Build {
  buildDtls(options: { tools: Tools; file: string }): Promise<void>;
}

const load = async <T>(path: string): Promise<T> => (await import(pathToFileURL(join(root, path)).href)) as T;
const packing = (): Promise<Packing> => load<Packing>('scripts/package.mjs');

test('a package without the DTLS module is made only where it is asked for, and one with another module never', async (t) => {
  const { checkModule } = await packing();
  await assert.rejects(checkModule(undefined), {
    name: 'Problem',
    message: /^dist\/dtls\.wasm is missing, [^\n]+ --without-dtls\.$/,
  });
  await checkModule(undefined, { withoutDtls: true });
  const foreign = Buffer.from('another module');
  for (const withoutDtls of [false, true])
    await assert.rejects(checkModule(foreign, { withoutDtls }), {
      name: 'Problem',
      message: /^dist\/dtls\.wasm is not the module that [^\n]+ --dtls-hash\.$/,
    });
  const built = join(root, 'dist/dtls.wasm');
  if (!existsSync(built)) return t.skip('dist/dtls.wasm is not built');
  await checkModule(readFileSync(built));
});

/** A ZIP archive of these files, as far as its directory goes. */
function archive(files: Record<string, Buffer>): Buffer {
  const directory = Object.entries(files).map(([name, content]) => {
    const head = Buffer.alloc(46);
    head.write('PK\x01\x02', 'latin1');
    head.writeUInt32LE(deflateRawSync(content).length, 20);
    head.writeUInt32LE(content.length, 24);
    head.writeUInt16LE(name.length, 28);
    return Buffer.concat([head, Buffer.from(name)]);
  });
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(directory.length, 10);
  return Buffer.concat([...directory, end]);
}

test('what is printed of a package names the share of DTLS, or that it is missing', async () => {
  const { report } = await packing();
  const files = {
    'extension/dist/client.js': Buffer.alloc(3000, 'a'),
    'extension/dist/dtls.wasm': Buffer.alloc(2048, 'b'),
  };
  assert.match(
    report('x.vsix', archive(files)).join('\n'),
    /^x\.vsix 0 KiB\n {2}dist\/client\.js 0 KiB, 3 KiB before compression\n {2}dist\/dtls\.wasm 0 KiB, 2 KiB before compression\nDTLS 0 KiB, the rest 0 KiB$/,
  );
  assert.match(
    report('x.vsix', archive({ 'extension/dist/client.js': files['extension/dist/client.js'] })).at(-1)!,
    /dist\/dtls\.wasm is not in it: DTLS will not work/,
  );
});

test('the package contains the DTLS module and the licences of what is in it, that of Mbed TLS among them', (t) => {
  const named = readFileSync(join(root, '.vscodeignore'), 'utf8').split('\n');
  for (const line of ['!dist/*.wasm', '!dist/licences.txt']) assert.ok(named.includes(line), line);
  const licences = join(root, 'dist/licences.txt');
  if (!existsSync(licences)) return t.skip('dist is not built');
  assert.ok(readFileSync(licences, 'utf8').includes(readFileSync(join(root, 'dots/mbedtls/NOTICE.txt'), 'utf8')));
});

test('where the DTLS module cannot be made, no older one stays behind', async (t: TestContext) => {
  const { buildDtls } = await load<Build>('scripts/build.mjs');
  const folder = mkdtempSync(join(tmpdir(), 'dots-test-'));
  t.after(() => removeFolder(folder));
  const file = join(folder, 'dtls.wasm');
  class SourceMissing extends Error {}
  const said = t.mock.method(process.stderr, 'write', () => true);
  const attempt = (error: Error): Promise<void> => {
    writeFileSync(file, 'an older one');
    return buildDtls({
      file,
      tools: { makeModule: () => Promise.reject(error), recordModule: () => undefined, SourceMissing },
    });
  };
  await attempt(new SourceMissing('DTLS is left out.'));
  assert.equal(existsSync(file), false);
  assert.deepEqual(
    said.mock.calls.map(({ arguments: [text] }) => String(text).trim()),
    ['DTLS is left out.'],
  );
  await assert.rejects(attempt(new Error('it does not compile')), /it does not compile/);
  assert.equal(existsSync(file), false);
});
