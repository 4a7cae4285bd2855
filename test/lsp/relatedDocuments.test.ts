import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { acls, dots } from '../support/dots';
import { Client } from '../support/lspClient';
import { tree } from '../support/tree';

const uriOf = (...parts: string[]): string => pathToFileURL(join(...parts)).toString();
const request = JSON.stringify({
  'ietf-dots-signal-channel:mitigation-scope': { scope: [{ 'alias-name': ['web'], lifetime: 3600 }] },
});
const aliases = JSON.stringify({
  'ietf-dots-data-channel:aliases': { alias: [{ name: 'web', 'target-prefix': ['192.0.2.1/32'] }] },
});

interface Case {
  what: string;
  files: Record<string, string>;
  /** The file that defines the alias, where it belongs to requests/r.dots.json. */
  defines: string | undefined;
}

const workspace = { 'dots.workspace.json': '{}' };
const inRequests = { 'requests/r.dots.json': request };

/** Folders, and what every consumer has to make of them. */
const cases: readonly Case[] = [
  {
    what: 'below the folder of one workspace file',
    files: { ...workspace, ...inRequests, 'aliases/web.dots.json': aliases },
    defines: 'aliases/web.dots.json',
  },
  {
    what: 'a document without the telling name',
    files: { ...workspace, ...inRequests, 'deep/in/web.json': aliases },
    defines: 'deep/in/web.json',
  },
  {
    what: 'below the folder of another workspace file',
    files: { ...workspace, ...inRequests, 'other/dots.workspace.json': '{}', 'other/web.dots.json': aliases },
    defines: undefined,
  },
  {
    what: 'of another client',
    files: {
      'dots.workspace.json': '{"files": [{"path": "requests/*", "cuid": "one"}, {"path": "two/*", "cuid": "two"}]}',
      ...inRequests,
      'two/web.dots.json': aliases,
    },
    defines: undefined,
  },
  {
    what: 'without a workspace file, in the own folder',
    files: { ...inRequests, 'requests/web.dots.json': aliases },
    defines: 'requests/web.dots.json',
  },
  {
    what: 'without a workspace file, in a folder above',
    files: { ...inRequests, 'web.dots.json': aliases },
    defines: undefined,
  },
  {
    what: 'without a workspace file, in a folder below',
    files: { ...inRequests, 'requests/in/web.dots.json': aliases },
    defines: undefined,
  },
  {
    what: 'in a skipped folder',
    files: { ...workspace, ...inRequests, 'node_modules/web.dots.json': aliases },
    defines: undefined,
  },
];

const file = 'requests/r.dots.json';

/** Who looks for the alias in a folder, and whether each finds it. */
const commands: Record<string, (path: string) => boolean> = {
  'dots validate': (path) => !dots(['validate', path]).out.includes('cross/unknown-alias'),
  'dots flowspec': (path) => {
    const { out, err, status } = dots(['flowspec', path, '--format', 'exabgp']);
    assert.deepEqual(
      [out.includes('192.0.2.1/32'), err.includes('flowspec/alias-unknown')],
      [status === 0, status !== 0],
    );
    return status === 0;
  },
  'dots send': (path) =>
    !dots(['send', path, '--server', 'coap://127.0.0.1:9', '--cuid', 'one', '--timeout', '1']).err.includes(
      'cross/unknown-alias',
    ),
};

const questions: Record<string, (client: Client, uri: string) => Promise<boolean>> = {
  'the findings of the editor': async (client, uri) => {
    await client.change(uri, 2, [{ text: request }]);
    return (await client.diagnostics(uri, 2)).every(({ code }) => code !== 'cross/unknown-alias');
  },
  'the preview of the editor': async (client, uri) => {
    const { definitions, usesNames, leftOut } = await client.relatedDocuments(uri);
    assert.deepEqual([usesNames, leftOut], [true, []]);
    return definitions.length > 0;
  },
  'sending and the session view of the editor': async (client, uri) => {
    const { web } = (await client.toSend(uri))?.aliases ?? {};
    assert.deepEqual(web, web === undefined ? undefined : ['192.0.2.1/32']);
    return web !== undefined;
  },
  'completion in the editor': async (client, uri) => {
    const [before = ''] = request.split('web');
    await client.change(uri, 3, [{ text: request.replace('web', '') }]);
    const items = await client.completion(uri, { line: 0, character: before.length });
    return items.some(({ label }) => label === 'web');
  },
};

for (const { what, files, defines } of cases) {
  test(`an alias ${what} is ${defines === undefined ? 'unknown' : 'known'} to all that look for it`, async (t) => {
    const folder = tree(t, files);
    for (const [name, finds] of Object.entries(commands))
      assert.equal(finds(join(folder, file)), defines !== undefined, name);
    const uri = uriOf(folder, file);
    const client = await Client.start(t, {
      folders: [uriOf(folder)],
      initializationOptions: { profilesFile: join(folder, 'no-profiles.json') },
    });
    await client.open(uri, request);
    const { definitions } = await client.relatedDocuments(uri);
    assert.deepEqual(definitions, defines === undefined ? [] : [uriOf(folder, defines)]);
    for (const [name, finds] of Object.entries(questions))
      assert.equal(await finds(client, uri), defines !== undefined, name);
  });
}

test('a document named on the command line counts wherever it is', (t) => {
  const folder = tree(t, { ...inRequests, 'elsewhere/web.dots.json': aliases });
  const paths = [join(folder, file), join(folder, 'elsewhere/web.dots.json')];
  assert.doesNotMatch(dots(['validate', ...paths]).out, /unknown-alias/);
  assert.equal(dots(['flowspec', ...paths]).status, 0);
});

const switching = JSON.stringify({
  'ietf-dots-signal-channel:mitigation-scope': {
    scope: [
      {
        'target-prefix': ['192.0.2.0/24'],
        lifetime: 3600,
        'ietf-dots-signal-control:acl-list': [{ 'acl-name': 'a', 'activation-type': 'immediate' }],
      },
    ],
  },
});

test('the rules of an ACL that a request switches on are in its preview, in editor and command; not where the request has an error', async (t) => {
  for (const [text, found] of [
    [switching, ['acl/a.dots.json']],
    [switching.replace('3600', '"x"'), []],
  ] as const) {
    const folder = tree(t, { ...workspace, 'r.dots.json': text, 'acl/a.dots.json': acls });
    const out = dots(['flowspec', join(folder, 'r.dots.json'), '--format', 'table']).out;
    assert.equal(out.includes('src port 53'), found.length > 0, out);
    const client = await Client.start(t, { folders: [uriOf(folder)] });
    await client.open(uriOf(folder, 'r.dots.json'), text);
    assert.deepEqual(
      (await client.relatedDocuments(uriOf(folder, 'r.dots.json'))).definitions,
      found.map((name) => uriOf(folder, name)),
    );
  }
});

test('the open text of a definition counts before its file, and a broken one defines nothing', async (t) => {
  const folder = tree(t, { ...workspace, ...inRequests, 'web.dots.json': aliases });
  const client = await Client.start(t, { folders: [uriOf(folder)] });
  const [uri, other] = [uriOf(folder, file), uriOf(folder, 'web.dots.json')];
  await client.open(uri, request);
  await client.open(other, aliases.replace('web', 'mail'));
  assert.deepEqual((await client.relatedDocuments(uri)).definitions, []);
  await client.change(other, 2, [{ text: aliases }]);
  assert.deepEqual((await client.relatedDocuments(uri)).definitions, [other]);
  await client.change(other, 3, [{ text: aliases.replace('"web"', '"web') }]);
  assert.deepEqual((await client.relatedDocuments(uri)).definitions, []);
});
