import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { invoke } from '../../cli/src/invoke';
import { send } from '../../cli/src/commands/send';
import { folder, request, startMock } from '../support/dots';
import { gathered, type Ran } from '../support/runHere';

const forPrefixes = (...prefixes: string[]): string =>
  request.replace('"192.0.2.0/24"', prefixes.map((prefix) => `"${prefix}"`).join(', '));

interface Scene {
  /** Sends the document of one file with this content. */
  send(content: string, ...options: string[]): Promise<Ran>;
  /** The same on a terminal, where the user answers; the question is in `err`. */
  ask(content: string, answer: boolean): Promise<Ran>;
}

async function scene(t: TestContext): Promise<Scene> {
  const { signal } = await startMock(t);
  const path = folder(t);
  const file = join(path, 'a.dots.json');
  const run = async (content: string, options: string[], answer?: boolean): Promise<Ran> => {
    writeFileSync(file, content);
    const { io, ran } = gathered();
    const confirm = (question: string): Promise<boolean> => {
      io.say(question);
      return Promise.resolve(answer === true);
    };
    const words = [file, '--server', signal, '--cuid', 'one', '--ledger', join(path, 'ledger'), ...options];
    const status = await invoke(send, words, answer === undefined ? io : { ...io, confirm });
    return { status, ...ran };
  };
  return { send: (content, ...options) => run(content, options), ask: (content, answer) => run(content, [], answer) };
}

test('changed content says what it replaces, and goes on if every address stays protected', async (t) => {
  const { send: sends } = await scene(t);
  assert.equal((await sends(request)).status, 0);
  const wider = await sends(forPrefixes('192.0.2.0/25', '192.0.2.128/25', '198.51.100.0/24'));
  assert.equal(wider.status, 0);
  assert.match(wider.out, /It replaces mid \d+ \(192\.0\.2\.0\/24\); newly protected: 198\.51\.100\.0\/24\./);
});

test('where addresses lose protection, changed content is not sent without --replace', async (t) => {
  const { send: sends } = await scene(t);
  assert.equal((await sends(request)).status, 0);
  const narrow = forPrefixes('192.0.2.0/25');
  const refused = await sends(narrow);
  assert.deepEqual([refused.status, refused.out], [1, '']);
  assert.match(
    refused.err,
    /Not sent: it would replace mid \d+ .*no longer protected: 192\.0\.2\.128\/25\..*--replace/,
  );
  const json = JSON.parse((await sends(narrow, '--format', 'json')).out) as { sent: boolean; error: { code: string } };
  assert.deepEqual([json.sent, json.error.code], [false, 'signal/would-replace']);
  const replaced = await sends(narrow, '--replace');
  assert.equal(replaced.status, 0);
  assert.match(replaced.out, /It replaces mid \d+ .*no longer protected: 192\.0\.2\.128\/25\./);
});

test('changed content under the same mid is compared as well; what the server refuses replaces nothing', async (t) => {
  const { send: sends } = await scene(t);
  assert.equal((await sends(request, '--mid', '7')).status, 0);
  const narrow = forPrefixes('192.0.2.0/25');
  const refused = await sends(narrow, '--mid', '7');
  assert.match(refused.err, /would replace mid 7/);
  const { code, replaced } = JSON.parse((await sends(narrow, '--mid', '7', '--replace', '--format', 'json')).out) as {
    code: string;
    replaced: number[];
  };
  assert.deepEqual([code, replaced], ['4.00', []], 'the mock refuses other targets under one mid');
  assert.match((await sends(request, '--mid', '7')).out, /refreshed under its mid 7/);
});

test('on a terminal a replacement is a question', async (t) => {
  const { send: sends, ask } = await scene(t);
  assert.equal((await sends(request)).status, 0);
  const wide = forPrefixes('192.0.2.0/24', '198.51.100.0/24');
  const declined = await ask(wide, false);
  assert.equal(declined.status, 1);
  assert.match(declined.err, /^It replaces mid \d+ .* Send it\?$/m);
  assert.equal((await ask(wide, true)).status, 0);
});

test('earlier content of a file that shares no target goes on, and is named', async (t) => {
  const { send: sends } = await scene(t);
  assert.equal((await sends(request)).status, 0);
  const { status, out } = await sends(forPrefixes('203.0.113.0/24'));
  assert.equal(status, 0);
  assert.match(out, /Earlier content of the file, mid (\d+) \(192\.0\.2\.0\/24\), goes on: dots withdraw \1 ends it\./);
});
