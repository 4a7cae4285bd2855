import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { encode } from 'cbor2';
import { decodeMessage, encodeMessage } from '#dots/coap/messages/codec';
import type { CoapOption, Message } from '#dots/coap/messages/message';
import { dotsCbor, option, uintOf } from '#dots/coap/messages/options';
import { SignalSession, type Answer } from '#dots/signal/session';
import { eventually, protect, scopesOf, udpSocket } from '../../support/protocol/scene';

/** The members of one scope, by their CBOR keys. */
type Members = [key: unknown, value: unknown][];
type Say = (code: string, scope?: Members, more?: CoapOption[]) => void;

const body = (...scopes: Members[]): Uint8Array =>
  encode(new Map([[1, new Map([[2, scopes.map((scope) => new Map(scope))]])]]));

/**
 * A server that repeats the path in each answer, as go-dots does, and a session with it; `say` is asked for what it
 * says to a request.
 */
async function laxly(
  t: TestContext,
  answer: (asked: Message, say: Say) => void,
): Promise<{ session: SignalSession; lines: string[] }> {
  const socket = await udpSocket(t);
  let messageId = 0;
  socket.on('message', (bytes: Buffer, { port, address }) => {
    const asked = decodeMessage(bytes) as Message;
    if (asked.type === 'RST') return;
    const path = asked.options.filter(({ number }) => number === 11);
    answer(asked, (code, scope, more = []) => {
      const options = [...path, option('Content-Format', dotsCbor), ...more];
      const payload = scope === undefined ? new Uint8Array() : body(scope);
      socket.send(
        encodeMessage({ type: 'NON', code, messageId: ++messageId, token: asked.token, options, payload }),
        port,
        address,
      );
    });
  });
  const lines: string[] = [];
  const session = await SignalSession.open({
    server: `coap://127.0.0.1:${socket.address().port}`,
    cuid: 'c',
    trace: (line) => lines.push(line),
  });
  t.after(() => session.close());
  return { session, lines };
}

test('an observation as an open DOTS server serves it: no Observe in the answer, null and unknown members in the notifications', async (t) => {
  const { session, lines } = await laxly(t, ({ options }, say) => {
    if (uintOf(options, 'Observe') === 1) return say('2.05');
    say('2.05', [
      [5, 7],
      [14, null],
      [16, 1],
    ]);
    say(
      '2.05',
      [
        [5, 7],
        [14, 60],
        [16, 99],
        ['status', 1],
      ],
      [option('Observe', 1)],
    );
    say('2.05', [
      [5, 7],
      [14, 50],
      [25, null],
      [16, 2],
    ]);
    say('4.04');
  });
  const heard: Answer[] = [];
  await session.observe(7, (answer) => heard.push(answer));
  await eventually(() => heard.length === 4);
  assert.deepEqual(
    heard.map(({ code, body }) => [code, scopesOf(body)[0]]),
    [
      ['2.05', { mid: 7, status: 'attack-mitigation-in-progress' }],
      ['2.05', { mid: 7, lifetime: 60 }],
      ['2.05', { mid: 7, lifetime: 50, status: 'attack-successfully-mitigated' }],
      ['4.04', undefined],
    ],
  );
  const without =
    'The answer has no Observe option (RFC 7641 section 3.2); it and the notifications are used all the same.';
  assert.deepEqual(
    heard.map(({ notes }) => notes?.includes(without) === true),
    [true, false, true, false],
  );
  assert.ok(lines.includes(without) && lines.some((line) => /^Left out: .*lifetime is null/.test(line)));
});

test('a status, an update and a withdrawal are read in the same way', async (t) => {
  const { session } = await laxly(t, ({ code }, say) => {
    const answered = { '0.01': '2.05', '0.03': '2.04', '0.04': '2.02' }[code];
    say(answered ?? '5.00', [
      [5, 7],
      [14, 60],
      [16, null],
      [100, [1]],
    ]);
  });
  for (const answer of [
    await session.status(7),
    await session.requestMitigation(protect('192.0.2.0/24'), 7),
    await session.withdraw(7),
  ]) {
    assert.deepEqual([answer.ok, scopesOf(answer.body)], [true, [{ mid: 7, lifetime: 60 }]]);
    assert.equal(answer.notes?.length, 3);
  }
});
