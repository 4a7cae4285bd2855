import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { pathToFileURL } from 'node:url';
import { root } from '../../support/shared';
import { needTool } from '../../support/tools';
import { removeFolder } from '../../support/removeFolder';

type Tree = { [name: string]: Tree | Uint8Array };
interface Context {
  env: Record<string, string>;
  cache: string;
  scratch: string;
}
interface Place {
  title: string;
  remote?: boolean;
  find(context: Context): { tree?: Tree; archive?: Uint8Array } | undefined;
}
interface Pins {
  name: string;
  version: string;
  url: string;
  archive: string;
  compiler: string;
  module: string;
}
interface Inputs {
  archive: string;
  compiler: string;
  flags: string[][];
  own: Record<string, string>;
}
interface Source {
  places: Place[];
  pins: Pins;
  sha256(bytes: Uint8Array): string;
  hashOfSources(tree: Tree): string;
  findSource(options: {
    remote?: boolean;
    env?: Record<string, string>;
    cache?: string;
    from?: Place[];
    report?: (text: string) => void;
  }): Promise<Tree>;
}
interface Build {
  compilerVersion(): string;
  moduleInputs(own?: Record<string, string>): Inputs;
  moduleKey(inputs: Inputs): string;
  readKept(cache: string, key: string): Uint8Array | undefined;
  keep(cache: string, key: string, module: Uint8Array): void;
  makeModule(options: { remote?: boolean; cache?: string }): Promise<Uint8Array>;
}
interface Cache {
  cacheFolder(machine: { platform: string; env: Record<string, string>; home: string }): string;
}

const load = async <T>(path: string): Promise<T> => (await import(pathToFileURL(join(root, path)).href)) as T;
const source = (): Promise<Source> => load<Source>('dots/mbedtls/source.mjs');
const build = (): Promise<Build> => load<Build>('dots/mbedtls/build.mjs');

function temporaryFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'dots-test-'));
  t.after(() => removeFolder(folder));
  return folder;
}

const oneSentence = /^DTLS is left out, because [^\n]+ set MBEDTLS_SOURCE to its path and run npm run build\.$/;

test('dist/dtls.wasm is, to the byte, the module that dots/mbedtls/pins.json commits to', async (t) => {
  const { pins, sha256 } = await source();
  const path = join(root, 'dist/dtls.wasm');
  if (!existsSync(path)) {
    const sentence = `dist/dtls.wasm is not built: npm run build says what it needs (Mbed TLS ${pins.version})`;
    if (process.env.CI === 'true') assert.fail(sentence);
    return t.skip(sentence);
  }
  assert.equal(
    sha256(readFileSync(path)),
    pins.module,
    'where the C files or the compiler changed on purpose: npm run build -- --dtls-hash, and commit pins.json',
  );
});

test('the compiler is the pinned one, and package.json asks for just that version', async () => {
  const [{ pins }, { compilerVersion }] = [await source(), await build()];
  const { devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    devDependencies: Record<string, string>;
  };
  assert.equal(compilerVersion(), pins.compiler);
  assert.equal(devDependencies['@yowasp/clang'], pins.compiler);
});

test('the key of a module in the cache depends on all that its bytes depend on', async () => {
  const { moduleInputs, moduleKey } = await build();
  const inputs = moduleInputs({ 'a.c': 'int a;', 'config.h': '' });
  const others: Inputs[] = [
    { ...inputs, archive: 'another' },
    { ...inputs, compiler: '1.0.0' },
    { ...inputs, flags: [...inputs.flags, ['-O3']] },
    moduleInputs({ 'a.c': 'int b;', 'config.h': '' }),
    moduleInputs({ 'a.c': 'int a;', 'config.h': '#define A' }),
    moduleInputs({ 'b.c': 'int a;', 'config.h': '' }),
  ];
  assert.equal(moduleKey(inputs), moduleKey(moduleInputs({ 'a.c': 'int a;', 'config.h': '' })));
  assert.equal(new Set([inputs, ...others].map(moduleKey)).size, others.length + 1);
});

test('a kept module comes back whole; a broken one is removed and counts as none', async (t) => {
  const { keep, readKept } = await build();
  const cache = join(temporaryFolder(t), 'cache');
  const module = Uint8Array.of(0, 97, 115, 109);
  assert.equal(readKept(cache, 'key'), undefined);
  keep(cache, 'key', module);
  keep(cache, 'key', module);
  assert.deepEqual(Uint8Array.from(readKept(cache, 'key') ?? []), module);
  const [name, ...others] = readdirSync(cache);
  assert.deepEqual(others, [], 'no drafts are left');
  writeFileSync(join(cache, name ?? ''), 'asm');
  assert.equal(readKept(cache, 'key'), undefined);
  assert.deepEqual(readdirSync(cache), []);
});

test('a second clone does not build again: the module is found under the hash of its inputs, and neither source nor compiler is asked for', async (t) => {
  const { keep, makeModule, moduleInputs, moduleKey } = await build();
  const cache = temporaryFolder(t);
  const source = process.env.MBEDTLS_SOURCE;
  t.after(() => {
    if (source === undefined) delete process.env.MBEDTLS_SOURCE;
    else process.env.MBEDTLS_SOURCE = source;
  });
  // Every search for the source fails here.
  process.env.MBEDTLS_SOURCE = join(cache, 'nowhere');
  const module = Uint8Array.of(0, 97, 115, 109, 1);
  await assert.rejects(makeModule({ remote: false, cache }), /nowhere does not exist/);
  keep(cache, moduleKey(moduleInputs({ 'a.c': 'another' })), module);
  await assert.rejects(makeModule({ remote: false, cache }), /nowhere does not exist/);
  keep(cache, moduleKey(moduleInputs()), module);
  assert.deepEqual(Uint8Array.from(await makeModule({ remote: false, cache })), module);
});

test('the source comes from the variable, then the cache, then Debian, then upstream; only the last two are remote', async () => {
  const { places } = await source();
  assert.deepEqual(
    places.map(({ title, remote = false }) => [title, remote]),
    [
      ['MBEDTLS_SOURCE', false],
      ['cache', false],
      ['Debian', true],
      ['upstream', true],
    ],
  );
});

interface Debian {
  mirrorsIn(addresses: string): string[];
  fetchFromPool(
    source: string,
    file: string,
    wanted: { path: string; sha256: string; mirrors?: string[] },
  ): Promise<void>;
}

const debian = (): Promise<Debian> => load<Debian>('scripts/lib/debian.mjs');

test('the Debian mirrors are those that the package lists of the machine name, and no suite is', async () => {
  const { mirrorsIn } = await debian();
  const lines = [
    'http://mirror.example/debian-security/',
    'https://packages.example/node/',
    'http://mirror.example/debian/',
    'http://mirror.example/debian/',
    '',
  ];
  assert.deepEqual(mirrorsIn(lines.join('\n')), [
    'http://mirror.example/debian/',
    'http://mirror.example/debian-security/',
  ]);
  assert.deepEqual(mirrorsIn(''), []);
  const text = ['dots/mbedtls/source.mjs', 'scripts/lib/debian.mjs']
    .map((file) => readFileSync(join(root, file), 'utf8'))
    .join('');
  assert.doesNotMatch(text, /\b(bookworm|trixie|forky|sid|unstable|testing|deb-src)\b/);
});

test("Debian's archive comes from the pool of the first mirror that has it, the main one or that of security updates, and only with its hash", async (t) => {
  if (!needTool(t, 'apt-get', 'apt')) return;
  const [{ sha256 }, { fetchFromPool }] = [await source(), await debian()];
  const path = join(temporaryFolder(t), 'archive');
  const served = new Map([
    ['/debian-security/pool/updates/main/m/mbedtls/a.tar.bz2', 'Mbed TLS'],
    ['/debian/pool/main/m/mbedtls/b.tar.bz2', 'another'],
  ]);
  const asked: string[] = [];
  const server = createServer(({ url = '' }, response) => {
    asked.push(url);
    response.writeHead(served.has(url) ? 200 : 404).end(served.get(url));
  }).listen(0, '127.0.0.1');
  t.after(() => server.close());
  await once(server, 'listening');
  const mirrors = ['debian', 'debian-security'].map(
    (name) => `http://127.0.0.1:${(server.address() as AddressInfo).port}/${name}/`,
  );
  const wanted = { path, sha256: sha256(Buffer.from('Mbed TLS')), mirrors };
  await fetchFromPool('mbedtls', 'a.tar.bz2', wanted);
  assert.equal(readFileSync(path, 'utf8'), 'Mbed TLS');
  assert.deepEqual(
    asked,
    [
      '/debian/pool/main',
      '/debian/pool/updates/main',
      '/debian-security/pool/main',
      '/debian-security/pool/updates/main',
    ].map((pool) => `${pool}/m/mbedtls/a.tar.bz2`),
  );
  for (const file of ['b.tar.bz2', 'c.tar.bz2'])
    await assert.rejects(fetchFromPool('mbedtls', file, wanted), {
      message: `no Debian mirror of this machine has ${file} with the pinned SHA-256`,
    });
});

test('places are asked in their order until one has the source', async (t) => {
  const { findSource } = await source();
  const tree: Tree = { include: {}, library: {} };
  const asked: string[] = [];
  const place = (title: string, found?: { tree: Tree }, remote = false): Place => ({
    title,
    remote,
    find: () => {
      asked.push(title);
      return found;
    },
  });
  const from = [place('a'), place('b', { tree }, true), place('c', { tree })];
  assert.equal(await findSource({ from, cache: temporaryFolder(t) }), tree);
  assert.deepEqual(asked, ['a', 'b']);
  await findSource({ from, cache: temporaryFolder(t), remote: false });
  assert.deepEqual(asked, ['a', 'b', 'a', 'c']);
});

test('an archive or a folder that fails its hash is never used, and one sentence says how to give the source', async (t) => {
  const { findSource, pins } = await source();
  const folder = temporaryFolder(t);
  const archive = join(folder, 'mbedtls.tar.bz2');
  writeFileSync(archive, 'not Mbed TLS');
  for (const part of ['include', 'library']) mkdirSync(join(folder, 'unpacked', part), { recursive: true });
  writeFileSync(join(folder, 'unpacked/library/aes.c'), 'int aes;');
  const givenAs: [string, RegExp][] = [
    [archive, new RegExp(`mbedtls\\.tar\\.bz2 is not ${pins.name}\\.tar\\.bz2, going by its SHA-256`)],
    [join(folder, 'unpacked'), new RegExp(`unpacked differs from ${pins.name}`)],
    [folder, /no Mbed TLS is unpacked in/],
    [join(folder, 'nowhere'), /nowhere does not exist/],
  ];
  for (const [path, reason] of givenAs) {
    const search = findSource({ remote: false, env: { MBEDTLS_SOURCE: path }, cache: join(folder, 'cache') });
    await assert.rejects(search, (error: Error) => oneSentence.test(error.message) && reason.test(error.message));
  }
});

test('an archive in the cache that fails its hash is removed', async (t) => {
  const { findSource, pins } = await source();
  const cache = temporaryFolder(t);
  writeFileSync(join(cache, `${pins.name}.tar.bz2`), 'cut o');
  await assert.rejects(findSource({ remote: false, env: {}, cache }), { message: oneSentence });
  assert.deepEqual(readdirSync(cache), []);
});

test('a download that fails its hash is never used or kept', async (t) => {
  const { findSource, pins, places } = await source();
  const cache = temporaryFolder(t);
  const upstream = places.filter(({ title }) => title === 'upstream');
  t.mock.method(globalThis, 'fetch', async () => Promise.resolve(new Response('not Mbed TLS')));
  await assert.rejects(
    findSource({ env: {}, cache, from: upstream }),
    new RegExp(`\\.tar\\.bz2 is not ${pins.name}\\.tar\\.bz2, going by its SHA-256`),
  );
  t.mock.method(globalThis, 'fetch', async () => Promise.reject(new TypeError('fetch failed')));
  await assert.rejects(findSource({ env: {}, cache, from: upstream }), /cannot be reached/);
  assert.deepEqual(readdirSync(cache), []);
});

test('where no place is asked, the sentence still says how to give the source', async (t) => {
  const { findSource } = await source();
  await assert.rejects(findSource({ env: {}, cache: temporaryFolder(t), from: [] }), { message: oneSentence });
});

test('the hash over the sources depends on names, contents and nothing else', async () => {
  const { hashOfSources } = await source();
  const bytes = (text: string): Uint8Array => Buffer.from(text);
  const tree = (name: string, text: string): Tree => ({ library: { [name]: bytes(text) } });
  assert.equal(hashOfSources(tree('a.c', '1')), hashOfSources(tree('a.c', '1')));
  assert.equal(
    new Set(
      [tree('a.c', '1'), tree('b.c', '1'), tree('a.c', '2'), { include: { 'a.c': bytes('1') } }].map(hashOfSources),
    ).size,
    4,
  );
});

test('the cache is where each system expects it', async () => {
  const { cacheFolder } = await load<Cache>('scripts/lib/cache.mjs');
  const linux = (env: Record<string, string>): string => cacheFolder({ platform: 'linux', env, home: '/home/user' });
  assert.equal(linux({}), join('/home/user', '.cache', 'dots-workbench'));
  assert.equal(linux({ XDG_CACHE_HOME: '/caches' }), join('/caches', 'dots-workbench'));
  assert.equal(linux({ XDG_CACHE_HOME: 'relative' }), join('/home/user', '.cache', 'dots-workbench'));
  assert.equal(
    cacheFolder({ platform: 'darwin', env: {}, home: '/Users/user' }),
    join('/Users/user', 'Library', 'Caches', 'dots-workbench'),
  );
  assert.equal(
    cacheFolder({ platform: 'win32', env: { LOCALAPPDATA: '/local' }, home: '/users/user' }),
    join('/local', 'dots-workbench'),
  );
});

test('a long step shows that it goes on: every 15 seconds in a log, all the time on a terminal, and what became of it', async (t) => {
  const { step } = await load<{
    step<T>(title: string, work: (report: (text: string) => void) => Promise<T>): Promise<T>;
  }>('scripts/lib/progress.mjs');
  const terminal = process.stderr.isTTY;
  t.after(() => {
    process.stderr.isTTY = terminal;
  });
  const shown = async (
    isTTY: boolean,
    work: (report: (text: string) => void) => Promise<number>,
  ): Promise<string[]> => {
    const said: string[] = [];
    process.stderr.isTTY = isTTY;
    const write = t.mock.method(process.stderr, 'write', (text: string) => said.push(text.replace(/\d+ s/, 'N s')) > 0);
    t.mock.timers.enable({ apis: ['setInterval'] });
    await step('Compiling', work).catch(() => undefined);
    t.mock.timers.reset();
    write.mock.restore();
    return said;
  };
  const work =
    (milliseconds: number) =>
    (report: (text: string) => void): Promise<number> => {
      report('3 of 9');
      t.mock.timers.tick(milliseconds);
      return Promise.resolve(1);
    };
  assert.deepEqual(await shown(false, work(31_000)), [
    'Compiling …\n',
    'Compiling … N s, 3 of 9\n',
    'Compiling … N s, 3 of 9\n',
    'Compiling: done in N s\n',
  ]);
  const drawn = await shown(true, work(300));
  assert.equal(drawn.filter((text) => /^\r.* Compiling … N s, 3 of 9$/.test(text)).length, 3);
  assert.equal(new Set(drawn.slice(0, 3)).size, 3, 'it turns');
  assert.deepEqual((await shown(false, () => Promise.reject(new Error('no')))).at(-1), 'Compiling: failed after N s\n');
});
