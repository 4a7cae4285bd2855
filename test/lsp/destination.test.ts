import assert from 'node:assert/strict';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { test, type TestContext } from 'node:test';
import { describeError } from '#dots/model/errors';
import { readArguments } from '../../cli/src/command';
import { send } from '../../cli/src/commands/send';
import { readDocument } from '../../cli/src/document';
import type { Io } from '../../cli/src/io';
import { sendingOf } from '../../cli/src/serverTarget';
import { folder } from '../support/dots';
import { loadFeatures, memory } from '../support/loadFeatures';
import { Client } from '../support/lspClient';

const { Credentials, DotsError, ServerTargets, vscode } = loadFeatures();
const { editor } = vscode;

const request = JSON.stringify({
  'ietf-dots-signal-channel:mitigation-scope': { scope: [{ 'target-prefix': ['192.0.2.0/24'], lifetime: 3600 }] },
});
const lab = { signal: 'coap://127.0.0.1:4646', cuid: 'of-profile' };

/** What the files of a user say of `a.dots.json`, and where it goes: a target, or the sentence why it goes nowhere. */
interface Case {
  name: string;
  workspace: unknown;
  profiles?: unknown;
  to: { profile: string; server: string; cuid: string; mid?: number } | RegExp;
  /** Why the user is asked. */
  asked?: RegExp;
}

const named = (more: object = {}): object => ({ files: [{ path: 'a.dots.json', profile: 'lab', ...more }] });

const cases: Case[] = [
  {
    name: 'the profile of the workspace file',
    workspace: named(),
    profiles: { lab },
    to: { profile: 'lab', server: lab.signal, cuid: 'of-profile' },
  },
  {
    name: 'its cuid and mid',
    workspace: named({ cuid: 'of-file', mid: 12 }),
    profiles: { lab },
    to: { profile: 'lab', server: lab.signal, cuid: 'of-file', mid: 12 },
  },
  {
    name: 'a production server',
    workspace: named(),
    profiles: { lab: { ...lab, production: true } },
    to: { profile: 'lab', server: lab.signal, cuid: 'of-profile' },
    asked: /The profile "lab" is marked as production/,
  },
  {
    name: 'the address of a production server',
    workspace: named(),
    profiles: { lab, up: { signal: 'coap://localhost', production: true } },
    to: { profile: 'lab', server: lab.signal, cuid: 'of-profile' },
    asked: /"lab" leads to coap:\/\/127\.0\.0\.1:4646, which the profile "up" marks as production/,
  },
  {
    name: 'no such profile',
    workspace: named(),
    profiles: { other: lab },
    to: /^There is no profile "lab" in p\.json\. It has other\./,
  },
  {
    name: 'no channel',
    workspace: named(),
    profiles: { lab: { data: 'https://192.0.2.1' } },
    to: /^The profile "lab" names no signal channel\. Add "signal" to it in p\.json\./,
  },
  {
    name: 'a profiles file with errors',
    workspace: named(),
    profiles: { lab: { signal: 1 } },
    to: /^The profile "lab" cannot be used: p\.json has errors\. Correct its errors first\./,
  },
  {
    name: 'a workspace file with errors',
    workspace: { fils: 1 },
    profiles: { lab },
    to: /^dots\.workspace\.json has errors, so the target of a\.dots\.json is unknown\. Correct its errors first\./,
  },
  {
    name: 'a status by the workspace file',
    workspace: named({ direction: 'status' }),
    profiles: { lab },
    to: /^The workspace file marks this document as a server's status \("direction" in dots\.workspace\.json\), so it cannot be sent\./,
  },
];

/** Every path in a text by its last part. */
const short = (text: string): string => text.replace(/[^\s"(]*\/([\w.-]+\.json)/g, '$1');

interface Outcome {
  to: unknown;
  asked?: string;
}

/** What `dots send` makes of the document in a folder; the second time it is allowed to. */
async function inCommand(path: string): Promise<Outcome> {
  const said: string[] = [];
  const io = { say: (line: string) => void said.push(line) } as unknown as Io;
  const run = async (...words: string[]): Promise<unknown> => {
    const file = join(path, 'a.dots.json');
    const given = readArguments(send, [file, '--profiles', join(path, 'p.json'), ...words]);
    const document = (await readDocument(file, io)) ?? assert.fail('It cannot be read.');
    return known((await sendingOf(document, given, io)).target);
  };
  const sentence = (error: unknown): string => short(describeError(error));
  const first = await run().catch(sentence);
  if (typeof first !== 'string' || !/Use --yes/.test(first))
    return { to: typeof first === 'string' ? first.replace(/^Not sent: /, '') : first };
  return { to: await run('--yes'), asked: first };
}

/** What the editor makes of it: what the language server says, settled as for a click. */
async function inEditor(t: TestContext, path: string): Promise<Outcome> {
  const uri = (name: string): string => pathToFileURL(join(path, name)).toString();
  const client = await Client.start(t, {
    folders: [uri('.')],
    initializationOptions: { profilesFile: join(path, 'p.json'), activeProfile: 'mock' },
  });
  await client.open(uri('a.dots.json'), request);
  const { state, value } = (await client.toSend(uri('a.dots.json'))) ?? assert.fail('It is not open.');
  editor.confirmed = [];
  const identity = { cuid: () => Promise.resolve('own') };
  const targets = new ServerTargets({} as never, identity as never, new Credentials(memory()));
  try {
    const target = await targets.settle(state.destination ?? assert.fail(), value as never, 'signal');
    return { to: known(target ?? assert.fail()), ...(editor.confirmed[0] && { asked: editor.confirmed[0] }) };
  } catch (error) {
    assert.ok(error instanceof DotsError, String(error));
    // Its class is that of the bundle, so describeError of this file does not know it.
    return { to: short([error.message, error.hint].filter((part) => part !== undefined).join(' ')) };
  }
}

function known({
  profile,
  server,
  cuid,
  mid,
}: {
  profile?: string;
  server: string;
  cuid: string;
  mid?: number;
}): object {
  return { profile, server, cuid, ...(mid !== undefined && { mid }) };
}

for (const { name, workspace, profiles, to, asked } of cases) {
  test(`the command and the editor know the same target: ${name}`, async (t) => {
    const path = folder(t, {
      'a.dots.json': request,
      'dots.workspace.json': JSON.stringify(workspace),
      'p.json': JSON.stringify({ profiles }),
    });
    for (const outcome of [await inCommand(path), await inEditor(t, path)]) {
      if (to instanceof RegExp) assert.match(String(outcome.to), to);
      else assert.deepEqual(outcome.to, to);
      if (asked === undefined) assert.equal(outcome.asked, undefined);
      else assert.match(outcome.asked ?? '', asked);
    }
  });
}
