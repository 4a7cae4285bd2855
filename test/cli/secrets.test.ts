import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { join } from 'node:path';
import { test } from 'node:test';
import { dots, folder, request } from '../support/dots';
import { outputOf } from '../support/runHere';

test('a key given in the place of the name of its file is in no message', (t) => {
  const path = join(folder(t, { 'a.dots.json': request }), 'a.dots.json');
  const long = 'ab'.repeat(3000);
  for (const key of ['correct-horse-battery-staple', `0x${'5e'.repeat(16)}`, 'a/b/correct-horse', long]) {
    for (const words of [
      ['send', path, '--server', 'coaps://127.0.0.1:9', '--psk-identity', 'me', `--psk-key-file=${key}`],
      [
        'send',
        path,
        '--server',
        'coaps://127.0.0.1:9',
        '--psk-identity',
        'me',
        '--psk-key-file',
        key,
        '--format',
        'json',
      ],
      ['mock', '--psk-identity', 'me', `--psk-key-file=${key}`],
    ]) {
      const { status, out, err } = dots(words);
      assert.equal(status, 2, err);
      assert.match(err, /The file of the pre-shared key cannot be read: .* Name the file that contains the key/);
      assert.ok(!`${out}${err}`.includes(key), `${out}${err}`);
    }
  }
});

test('nor is one that is given to an option that does not exist', (t) => {
  const path = join(folder(t, { 'a.dots.json': request }), 'a.dots.json');
  const key = 'correct-horse';
  for (const word of [`--psk-key=${key}`, `--psk-keyfile=${key}`, `--psk=${key}`, `-k${key}`, `--pskkeyfile ${key}`]) {
    const { status, out, err } = dots(['send', path, '--server', 'coaps://127.0.0.1:9', '--psk-identity', 'me', word]);
    assert.equal(status, 2);
    assert.ok(!`${out}${err}`.includes(key), `${out}${err}`);
  }
});

test('the file of a key given as a document is not quoted', async (t) => {
  const pem = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' });
  const keys = {
    words: 'correct-horse-battery-staple',
    one: 'correcthorse',
    hex: 'deadbeefcafe0123456789abcdef0123',
    prefixed: '0xdeadbeefcafe0123456789abcdef0123',
    number: '12345678901234567890',
    string: '"correct horse"',
    half: "'correct horse",
    base64: 'q83vEjRWeJCrze8SNFZ4kA==',
    lines: 'correct\nhorse\n',
    pem: pem.toString(),
  };
  const path = folder(t, keys);
  for (const [name, key] of Object.entries(keys)) {
    const file = join(path, name);
    const parts = (key.match(/[A-Za-z0-9+/]{4,}/g) ?? []).filter((part) => !/^(BEGIN|PRIVATE)$/.test(part));
    for (const words of [
      ...['validate', 'encode', 'send', 'flowspec'].map((command) => [command, file]),
      ...['validate', 'encode', 'decode', 'send', 'flowspec'].map((command) => [command, file, '--format', 'json']),
      ['validate', path, '--profiles', file],
      ['validate', path, '--workspace', file],
    ]) {
      const output = (await outputOf(words)).replaceAll(path, '');
      assert.notEqual(output, '');
      for (const part of parts) assert.ok(!output.includes(part), `${words.join(' ')}: ${part} in ${output}`);
    }
  }
});
