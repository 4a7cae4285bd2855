import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { root } from '../../support/shared';

type Run = (command: string, args: string[]) => Promise<{ status: number | null; output: string }>;

test('a program that cannot be started is a problem in one sentence, not a stack', async () => {
  const { run } = (await import(pathToFileURL(join(root, 'scripts/lib/processes.mjs')).href)) as { run: Run };
  await assert.rejects(run('no-such-program-here', []), {
    name: 'Problem',
    message: /^no-such-program-here could not be started: it is not there;/,
  });
  assert.equal((await run(process.execPath, ['-e', 'console.log(1)'])).output, '1\n');
});
