import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { dots, folder, request, startMock } from '../support/dots';

test('a mitigation for the loss of the session says that no heartbeats follow, when it is sent and refreshed', async (t) => {
  const { signal } = await startMock(t);
  const path = folder(t, {
    'prepared.dots.json': request.replace('"lifetime"', '"trigger-mitigation": false, "lifetime"'),
    'now.dots.json': request,
  });
  const run = (...words: string[]): string => dots([...words, '--ledger', join(path, 'ledger')], '', path).out;
  const sentence =
    /misses the heartbeats of this client, and the session of this command sends none\. Start dots session/;
  assert.match(run('send', 'prepared.dots.json', '--server', signal), sentence);
  assert.match(run('refresh'), sentence);
  assert.doesNotMatch(run('send', 'now.dots.json', '--server', signal), sentence);
});
