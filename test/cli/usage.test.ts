import assert from 'node:assert/strict';
import { test } from 'node:test';
import { commands } from '../../cli/src/run';
import { runHere, type Ran } from '../support/runHere';

/** Runs `dots` with words that are wrong usage; the faults of all commands are reported in the same form. */
async function refused(words: readonly string[], sentence: RegExp): Promise<Ran> {
  const ran = await runHere(words);
  assert.equal(ran.status, 2, words.join(' '));
  assert.match(ran.err, sentence);
  return ran;
}

/** The object that `--format json` prints for a failure, and nothing besides. */
async function refusedInJson(words: readonly string[], sentence: RegExp): Promise<void> {
  const { out } = await refused(words, sentence);
  const { error, ...others } = JSON.parse(out) as { error: Record<string, unknown> };
  assert.deepEqual(others, { version: 1 });
  assert.deepEqual(Object.keys(error), ['code', 'message', 'hint']);
  assert.equal(error.code, 'cli/usage');
  assert.match(String(error.message), sentence);
}

test('an unknown option is wrong usage in every command, also as JSON', async () => {
  for (const name of commands.keys()) {
    const { out } = await refused([name, '--no-such'], /Unknown option '--no-such'/);
    assert.equal(out, '', name);
    // A command without results has no format; its errors are JSON all the same.
    await refusedInJson([name, '--no-such', '--format', 'json'], /Unknown option '--no-such'/);
    await refusedInJson([name, '--format=json', '--no-such'], /Unknown option '--(no-such|format)'/);
  }
});

test('an option that is repeated but has one value is wrong usage in every command, also as JSON', async () => {
  let tried = 0;
  for (const [name, load] of commands) {
    for (const { name: option, value, multiple = false, choices } of (await load()).options) {
      if (multiple) continue;
      tried++;
      const once = value === undefined ? [`--${option}`] : [`--${option}`, choices?.[0] ?? '1'];
      const sentence = new RegExp(`--${option} is specified more than once\\.`);
      await refused([name, ...once, ...once], sentence);
      const json = option === 'format' ? ['--format', 'json', '--format', 'json'] : [...once, '--format=json', ...once];
      const known = (await load()).options.some((other) => other.name === 'format');
      if (known) await refusedInJson([name, ...json], sentence);
    }
  }
  assert.ok(tried > 40);
});

test('a value that is not a choice, and a command that does not exist, are errors in JSON too', async () => {
  for (const [name, load] of commands)
    for (const { name: option, choices } of (await load()).options)
      if (choices !== undefined && option !== 'format')
        await refusedInJson([name, `--${option}=no`, '--format=json'], new RegExp(`--${option} must be`));
  await refusedInJson(['no-such', '--format', 'json'], /dots has no command "no-such"/);
});

test('what follows -- is no option', async () => {
  const { out } = await runHere(['validate', '--no-such', '--', '--format', 'json']);
  assert.equal(out, '');
});
