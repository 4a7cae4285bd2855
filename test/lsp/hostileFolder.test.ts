import assert from 'node:assert/strict';
import { chownSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { test, type TestContext } from 'node:test';
import type { Diagnostic } from 'vscode-languageserver/node';
import { dots } from '../support/dots';
import { Client } from '../support/lspClient';
import { tree } from '../support/tree';

const mebibyte = 1024 * 1024;
const workspaceFile = 'dots.workspace.json';
const uriOf = (...parts: string[]): string => pathToFileURL(join(...parts)).toString();
const request = JSON.stringify({
  'ietf-dots-signal-channel:mitigation-scope': { scope: [{ 'alias-name': ['web'], lifetime: 3600 }] },
});
const aliases = JSON.stringify({
  'ietf-dots-data-channel:aliases': { alias: [{ name: 'web', 'target-prefix': ['192.0.2.1/32'] }] },
});

async function opened(t: TestContext, folder: string, name: string): Promise<Client> {
  const client = await Client.start(t, {
    folders: [uriOf(folder)],
    initializationOptions: { profilesFile: join(folder, 'no-profiles.json') },
  });
  await client.open(uriOf(folder, name), readFileSync(join(folder, name), 'utf8'));
  return client;
}

const codes = (diagnostics: readonly Diagnostic[]): string => diagnostics.map(({ code }) => String(code)).join();

/** The most memory that a process has had, octets; undefined where the system does not say. */
function peakMemory(pid: number | undefined): number | undefined {
  const status = `/proc/${pid ?? 0}/status`;
  if (!existsSync(status)) return undefined;
  return 1024 * Number(/VmHWM:\s+(\d+)/.exec(readFileSync(status, 'utf8'))?.[1]);
}

test('one document of 62 MiB and 20 links to it: the rest of the folder is known, and what was left out is reported', async (t) => {
  const folder = tree(t, { [workspaceFile]: '{}', 'r.dots.json': request, 'z.dots.json': aliases });
  writeFileSync(join(folder, 'huge.dots.json'), aliases.replace('web', 'huge').padEnd(62 * mebibyte));
  for (let link = 0; link < 20; link++) symlinkSync('huge.dots.json', join(folder, `link${link}.dots.json`));
  const client = await opened(t, folder, 'r.dots.json');
  const uri = uriOf(folder, 'r.dots.json');
  const [finding] = await client.settled(uri, (found) => codes(found) === 'cross/unread-documents');
  assert.match(String(finding?.message), /huge\.dots\.json was not read, because of its size/);
  assert.ok(await client.hover(uri, { line: 0, character: 60 }));
  const peak = peakMemory(client.process.pid);
  if (peak !== undefined) assert.ok(peak < 300 * mebibyte, `${peak} octets`);
  const run = dots(['validate', join(folder, 'r.dots.json')]);
  assert.match(run.out, /information .*huge\.dots\.json was not read.*cross\/unread-documents/);
  assert.equal(run.status, 0);
});

test('a named folder: each real file is checked once', (t) => {
  const folder = tree(t, { 'a.dots.json': aliases });
  for (let link = 0; link < 20; link++) symlinkSync('a.dots.json', join(folder, `link${link}.dots.json`));
  const { files } = JSON.parse(dots(['validate', folder, '--format', 'json']).out) as { files: { file: string }[] };
  assert.deepEqual(
    files.map(({ file }) => file),
    [join(folder, 'a.dots.json')],
  );
});

test('a document whose name is not UTF-8 is not passed over', { skip: process.platform !== 'linux' }, (t) => {
  const folder = tree(t, { 'a.dots.json': aliases });
  writeFileSync(Buffer.concat([Buffer.from(join(folder, 'b')), Buffer.from([0xff]), Buffer.from('.dots.json')]), '{}');
  const { status, err } = dots(['validate', folder]);
  assert.deepEqual(
    [status, err],
    [2, `dots validate: ${join(folder, 'b\ufffd.dots.json')} cannot be read: there is no such file.\n`],
  );
});

test("another user's workspace file above governs nothing, and is reported by the editor and each command", async (t) => {
  if (process.getuid?.() !== 0) return t.skip('only root can give a file to another user');
  const folder = tree(t, { [workspaceFile]: '{"own-prefixes": ["198.51.100.0/24"]}', 'in/r.dots.json': request });
  writeFileSync(join(folder, 'in/a.dots.json'), aliases);
  chownSync(join(folder, workspaceFile), 65534, 65534);
  const sentence = new RegExp(
    `The workspace file ${join(folder, workspaceFile)} is not used: it belongs to another user`,
  );
  const file = join(folder, 'in/r.dots.json');
  const client = await opened(t, folder, 'in/r.dots.json');
  const uri = uriOf(folder, 'in/r.dots.json');
  const [finding] = await client.settled(uri, (found) => codes(found) === 'cross/ignored-workspace-file');
  assert.match(String(finding?.message), sentence);
  assert.deepEqual((await client.state(uri)).ownPrefixes, []);
  assert.match(dots(['validate', file]).out, sentence);
  const flowspec = dots(['flowspec', file]);
  assert.match(flowspec.err, sentence);
  assert.match(flowspec.out, /192\.0\.2\.1/);
  assert.match(dots(['encode', file, '--format', 'json']).err, sentence);
  const send = dots(['send', file, '--server', 'coap://127.0.0.1:9', '--timeout', '1']);
  assert.equal(send.err.match(new RegExp(sentence, 'g'))?.length, 1);
});

test('a workspace file above the open folder, or above the repository, governs nothing, and is reported', async (t) => {
  const folder = tree(t, { [workspaceFile]: '{"own-prefixes": ["198.51.100.0/24"]}', 'in/r.dots.json': request });
  const sentence = new RegExp(`${workspaceFile} is not used: it is outside ${join(folder, 'in')}\\.`);
  const client = await opened(t, join(folder, 'in'), 'r.dots.json');
  const found = await client.settled(uriOf(folder, 'in/r.dots.json'), (each) => each.length === 2);
  assert.equal(codes(found), 'cross/ignored-workspace-file,cross/unknown-alias');
  assert.match(String(found[0]?.message), sentence);
  const git = join(folder, 'in/.git');
  // A worktree and a submodule have a file, which need not lead anywhere.
  const roots = [
    () => void mkdirSync(git),
    () => writeFileSync(git, 'gitdir: ../nowhere'),
    () => symlinkSync('nowhere', git),
  ];
  for (const make of roots) {
    make();
    assert.match(dots(['validate', join(folder, 'in/r.dots.json')]).out, sentence);
    rmSync(git, { recursive: true });
  }
});
