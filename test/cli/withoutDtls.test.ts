import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { root } from '../support/shared';
import { bundledInto } from '../support/bundle';
import { folder, request } from '../support/dots';

/** The head of a WebAssembly module: enough to be found, not enough to work. */
const foreignModule = Buffer.from('not the module');

test('a bundle without its module says so, takes none from elsewhere, and everything but DTLS works', async (t) => {
  const top = folder(t);
  const place = join(top, 'a/b/c/dist');
  for (const each of [place, join(top, 'dist')]) mkdirSync(each, { recursive: true });
  writeFileSync(join(top, 'dist/dtls.wasm'), foreignModule);
  const command = bundledInto(place, 'cli/src/main.ts');
  const mock = spawn(process.execPath, [command, 'mock', '--plain', '--state', join(top, 'state')], { cwd: root });
  t.after(() => mock.kill('SIGKILL'));
  const said: Buffer[] = [];
  mock.stderr.on('data', (part: Buffer) => said.push(part));
  const [line] = (await once(createInterface(mock.stdout), 'line')) as [string];
  const { coaps, coapsTcp, signal, ca, cert, key } = JSON.parse(line) as Record<string, string>;
  assert.equal(coaps, null);
  assert.match(Buffer.concat(said).toString(), /no coaps: DTLS is not built here: dtls\.wasm is missing\./);
  const send = (server: string, cuid: string, ...more: string[]): ReturnType<typeof spawnSync> =>
    spawnSync(process.execPath, [command, 'send', '-', '--server', server, '--cuid', cuid, '--mid', '12', ...more], {
      cwd: root,
      input: request,
      encoding: 'utf8',
    });
  const proofs = ['--ca', ca!, '--cert', cert!, '--key', key!];
  assert.match(String(send(signal!, 'plain').stdout), /^2\.01/);
  for (const server of [coapsTcp!, new URL(coapsTcp!).host])
    assert.match(String(send(server, 'one', ...proofs).stdout), /^over TLS 1\.3/m);
  assert.match(String(send(`coaps://${new URL(coapsTcp!).host}`, 'one', ...proofs).stderr), /dtls\.wasm is missing/);
});
