import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { WatchedMessage } from '#dots/coap/watchedChannel';
import { messageLine } from '../../cli/src/messageLine';
import { progressOf } from '../../cli/src/progress';
import { dots, request, startMock } from '../support/dots';
import { FakeClock } from '../support/protocol/fakeClock';
import { gathered } from '../support/runHere';
import { secureMock } from '../support/sessionKeeper';

const put: WatchedMessage = {
  way: 'sent',
  peer: '127.0.0.1:4646',
  octets: 60,
  message: { type: 'NON', code: '0.03', messageId: 7, token: 'a1', options: [], payload: new Uint8Array() },
};

test('-v prints each message with time, type, code, message ID, token, octets and path; without it nothing', async (t) => {
  const { signal } = await startMock(t);
  const send = ['send', '-', '--server', signal, '--cuid', 'one', '--mid', '12'];
  const { status, err } = dots([...send, '-v'], request);
  assert.equal(status, 0);
  const [sent = '', received = ''] = err.trim().split('\n');
  assert.match(
    sent,
    /^\d\d:\d\d:\d\d\.\d{3} to 127\.0\.0\.1:\d+: NON PUT, message ID \d+, token [\da-f]+, \d+ octets, \/\.well-known\/dots\/mitigate\/cuid=one\/mid=12$/,
  );
  assert.match(received, /^\S+ from 127\.0\.0\.1:\d+: NON 2\.01 Created, message ID \d+, token [\da-f]+, \d+ octets$/);
  assert.equal(dots(send, request).err, '');
});

test('-v shows the messages of a stream as well', async (t) => {
  const { coaps, proofs } = await secureMock(t);
  const { err } = dots(['send', '-', '--server', coaps.replace('coaps:', 'coaps+tcp:'), ...proofs, '-v'], request);
  assert.match(err, / to \S+: PUT, token [\da-f]+, \d+ octets, \/\.well-known/);
  assert.match(err, / from \S+: 2\.01 Created, token [\da-f]+, \d+ octets$/m);
});

test('on a terminal the time and the transmissions are shown while the command waits, and removed', async () => {
  const clock = new FakeClock();
  const shown: string[] = [];
  const { io } = gathered();
  const given = { paths: [], option: () => undefined, options: () => [] };
  const { watch, end } = progressOf(given, { ...io, progress: (text) => void shown.push(text) }, clock);
  watch(put);
  watch({ ...put, way: 'received' });
  await clock.advance(2000);
  watch(put);
  await clock.advance(1000);
  end();
  await clock.advance(5000);
  assert.deepEqual(shown, ['1 s, 1 transmission', '2 s, 1 transmission', '3 s, 2 transmissions', '']);
});

test('what is no CoAP message is shown as such', () => {
  const line = messageLine({ ...put, way: 'received', message: { malformed: 'version 2' } }, 0);
  assert.equal(line, '00:00:00.000 from 127.0.0.1:4646: malformed: version 2, 60 octets');
});
