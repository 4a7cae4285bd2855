import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { acls, dots, folder, request, startMock } from '../support/dots';
import { runHere } from '../support/runHere';

interface Plan {
  sent: boolean;
  server: string;
  cuid: string;
  mid?: number;
  refresh?: boolean;
  replaces?: number[];
  request: {
    method: string;
    path: string;
    options: { name: string; value: string | number }[];
    octets: number;
    datagramOctets: number | null;
    fits: boolean;
    hex: string;
    diagnostic: string;
  };
}

const wide = request.replace(
  '"192.0.2.0/24"',
  Array.from({ length: 90 }, (_, index) => `"192.0.2.${index}/32"`).join(', '),
);

test('a dry run prints the request and sends nothing', async (t) => {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  t.after(() => socket.close());
  await once(socket, 'listening');
  let arrived = 0;
  socket.on('message', () => (arrived += 1));
  const server = `coap://127.0.0.1:${socket.address().port}`;
  const path = folder(t, { 'a.dots.json': request });
  const words = ['send', join(path, 'a.dots.json'), '--server', server, '--cuid', 'one', '--mid', '12', '--dry-run'];
  const text = await runHere(words);
  assert.equal(text.status, 0);
  assert.match(text.out, /^Dry run: nothing was sent\.\nTo coap:\/\/127\.0\.0\.1:\d+ as cuid one\nmid 12\n/);
  assert.match(text.out, /^NON PUT \/\.well-known\/dots\/mitigate\/cuid=one\/mid=12$/m);
  assert.match(text.out, /^ {2}Content-Format: 271$/m);
  assert.match(text.out, /of 1232 that one datagram takes: it fits\./);
  const plan = JSON.parse((await runHere([...words, '--format', 'json'])).out) as Plan;
  assert.deepEqual([plan.sent, plan.cuid, plan.mid, plan.refresh], [false, 'one', 12, false]);
  assert.deepEqual(
    plan.request.options.map(({ name, value }) => `${name} ${value}`),
    [
      'Uri-Path .well-known',
      'Uri-Path dots',
      'Uri-Path mitigate',
      'Uri-Path cuid=one',
      'Uri-Path mid=12',
      'Content-Format 271',
    ],
  );
  assert.equal(plan.request.hex.length, 2 * plan.request.octets);
  assert.match(plan.request.diagnostic, /"192\.0\.2\.0\/24"/);
  assert.equal(arrived, 0);
});

test('a dry run leaves the ledger as it is, and says what is refreshed', async (t) => {
  const { signal } = await startMock(t);
  const path = folder(t, { 'a.dots.json': request, 'b.dots.json': request.replace('"target-protocol": [17], ', '') });
  const ledger = join(path, 'ledger');
  const run = (file: string, ...more: string[]): ReturnType<typeof dots> =>
    dots(['send', file, '--server', signal, '--ledger', ledger, '--format', 'json', ...more], '', path);
  const { mid } = JSON.parse(run('a.dots.json').out) as Plan;
  const stored = (): string[] =>
    readdirSync(ledger)
      .filter((name) => name.startsWith('client-'))
      .map((name) => name + readFileSync(join(ledger, name), 'utf8'));
  const before = stored();
  const same = JSON.parse(run('a.dots.json', '--dry-run').out) as Plan;
  assert.deepEqual([same.mid, same.refresh, same.replaces], [mid, true, []]);
  const other = JSON.parse(run('b.dots.json', '--dry-run').out) as Plan;
  assert.deepEqual([other.mid, other.refresh, other.replaces], [Number(mid) + 1, false, [mid]]);
  assert.deepEqual(stored(), before);
});

test('a dry run of what does not fit in one datagram: exit 2 as on sending, 0 with --blocks and over TLS', async (t) => {
  const path = folder(t, { 'wide.dots.json': wide });
  const run = (...words: string[]): ReturnType<typeof runHere> =>
    runHere(['send', join(path, 'wide.dots.json'), '--dry-run', '--mid', '1', '--cuid', 'one', ...words]);
  const plain = await run('--server', 'coap://127.0.0.1:1');
  assert.equal(plain.status, 2);
  assert.match(plain.out, /would not be sent without --blocks/);
  assert.equal((await run('--server', 'coap://127.0.0.1:1', '--blocks')).status, 0);
  const tls = await run('--server', 'coaps+tcp://127.0.0.1:1', '--psk-identity', 'a', '--psk-key-file', 'none');
  assert.equal(tls.status, 0, tls.err);
  assert.match(tls.out, /over TLS there is no limit/);
});

test('a dry run of ACLs prints the request to the data channel; a production server needs no --yes', async (t) => {
  const profiles = JSON.stringify({
    profiles: { real: { data: 'https://192.0.2.1', production: true, cuid: 'one' } },
  });
  const path = folder(t, { 'acl.dots.json': acls, 'profiles.json': profiles });
  const { status, out, err } = dots(
    ['send', 'acl.dots.json', '--profiles', 'profiles.json', '--profile', 'real', '--dry-run'],
    '',
    path,
  );
  assert.equal(status, 0, err);
  assert.match(out, /^POST ietf-dots-data-channel:dots-data\/dots-client=one, below the RESTCONF root/m);
  assert.match(out, /octets of JSON with acls "a"/);
});
