import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { dots, folder, request, startDots, startMock } from '../support/dots';
import { root } from '../support/shared';

/** The commands of a chapter of the README, each as its words. */
function commandsBelow(heading: string): string[][] {
  const readme = readFileSync(join(root, 'README.md'), 'utf8');
  const chapter = readme.split(/^## /m).find((text) => text.startsWith(`${heading}\n`)) ?? '';
  const [, block = ''] = /^```\n([^]*?)^```/m.exec(chapter) ?? [];
  return block
    .split('\n')
    .map((line) => line.replace(/#.*/, '').trim().split(/\s+/).slice(1))
    .filter((words) => words.length > 0);
}

test('the six commands of the README, one after the other', async (t) => {
  const { ready } = await startMock(t);
  const path = folder(t, { 'request.dots.json': request });
  const { coaps: signal, ca, cert: certificate, key } = ready;
  mkdirSync(join(path, 'dots'));
  const profiles = { upstream: { signal, ca, certificate, key } };
  writeFileSync(join(path, 'dots', 'dots.profiles.json'), JSON.stringify({ profiles }));
  const environment = { DOTS_PROFILE: 'upstream', XDG_CONFIG_HOME: path, XDG_STATE_HOME: join(path, 'state') };
  const commands = commandsBelow('Under attack: six commands');
  assert.deepEqual(
    commands.map(([name]) => name),
    ['send', 'status', 'watch', 'efficacy', 'refresh', 'withdraw'],
  );
  for (const words of commands) {
    if (words[0] === 'watch') {
      const child = startDots(t, words, { XDG_RUNTIME_DIR: folder(t), ...environment });
      const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
      assert.match(line, /192\.0\.2\.0\/24|mid \d+/);
      child.kill('SIGINT');
      await once(child, 'close');
      continue;
    }
    const { status, out, err } = dots(words, '', path, environment);
    assert.deepEqual([status, err], [0, ''], words.join(' '));
    assert.match(out, /\bmid \d+/, words.join(' '));
  }
  assert.match(dots(['ledger'], '', path, environment).out, /withdrawn/);
});
