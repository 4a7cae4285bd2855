import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import type * as api from 'vscode';
import type { JsonObject } from '#dots/model/json';
import type { Answered, Asking } from '#dots/signal/requestWithFailover';
import type { Answer, SignalSession } from '#dots/signal/session';
import { reasons } from '#dots/transport/refusals';
import { settle } from '../../../support/protocol/fakeClock';
import { identityWith } from '../../../support/fakeLedger';
import { loadFeatures, log } from '../../../support/loadFeatures';
import type * as features from '../../../support/clientFeatures';

const { DotsError, RequestSender, SessionHost, showFailure, Underway, vscode } = loadFeatures();
const { editor } = vscode;

beforeEach(() => {
  Object.assign(editor, {
    errors: [],
    documents: [],
    files: new Map(),
    reads: [],
    showTextDocument: () => Promise.resolve(),
  });
});

test('what a server says becomes no link in a message, and no line of its own', () => {
  showFailure(
    log,
    'It was refused.',
    new DotsError(
      'malformed',
      'x',
      'see [here](command:workbench.action.terminal.new)\n[\u202eand](https://example.com)',
    ),
  );
  assert.deepEqual(editor.errors, [
    'It was refused. see [here] (command:workbench.action.terminal.new) [ and] (https://example.com)',
  ]);
});

const answerOf = (...scope: JsonObject[]): Answer => ({
  code: '2.05',
  ok: true,
  roundTripMs: 1,
  request: { method: 'GET', path: '/', octets: 0 },
  body: { 'ietf-dots-signal-channel:mitigation-scope': { scope } },
});

/** A session whose answers the test gives, one after the other. */
class FakeSession {
  readonly server = 'coap://127.0.0.1:1';
  readonly cuid = 'c';
  readonly state = 'open';
  readonly asked: string[] = [];
  readonly stopped: number[] = [];
  private readonly open: ((answer: Answer) => void)[] = [];

  status(): Promise<Answer> {
    return this.ask('status');
  }

  withdraw(mid: number): Promise<Answer> {
    return this.ask(`withdraw ${mid}`);
  }

  send(): Promise<Answer> {
    return this.ask('request');
  }

  async observe(mid: number, listener: (answer: Answer) => void): Promise<() => void> {
    listener(await this.ask(`observe ${mid}`));
    return () => this.stopped.push(mid);
  }

  async close(): Promise<void> {}

  async answer(answer: Answer): Promise<void> {
    this.open.shift()?.(answer);
    await settle();
  }

  private ask(what: string): Promise<Answer> {
    this.asked.push(what);
    return new Promise((resolve) => this.open.push(resolve));
  }
}

function hosted(): { host: features.SessionHost; session: FakeSession } {
  const host = new SessionHost(identityWith(7), log, 'mock');
  const session = new FakeSession();
  const ask = async (asking: Asking): Promise<Answered> => {
    const open = session as unknown as SignalSession;
    return { session: open, answer: await asking(open, {}) };
  };
  Object.assign(host, {
    session,
    kept: {
      keeper: { ask, close: () => session.close() },
      target: { profile: 'mock', server: 'coap://127.0.0.1:9', cuid: 'c', credentials: {} },
      leadsTo: () => true,
    },
  });
  return { host, session };
}

test('mitigations are listed one time after the other, so each is observed once', async () => {
  const { host, session } = hosted();
  const both = Promise.all([host.refresh(), host.refresh()]);
  await settle();
  assert.deepEqual(session.asked, ['status']);
  await session.answer(answerOf({ mid: 1, lifetime: 60 }));
  await session.answer(answerOf({ mid: 1, lifetime: 60 }));
  await session.answer(answerOf({ mid: 1, lifetime: 50 }));
  await both;
  assert.deepEqual(session.asked, ['status', 'observe 1', 'status']);
});

test('a list that could not be read whole removes no mitigation that it does not name', async () => {
  const { host, session } = hosted();
  const list = async (answer: Answer, ...observed: Answer[]): Promise<(number | undefined)[]> => {
    const listing = host.refresh();
    await settle();
    for (const each of [answer, ...observed]) await session.answer(each);
    await listing;
    return host.mitigations().flatMap(({ mid, ended }) => (ended === undefined ? [mid] : []));
  };
  const [one, two] = [
    { mid: 1, lifetime: 60 },
    { mid: 2, lifetime: 60 },
  ];
  assert.deepEqual(await list(answerOf(one, two), answerOf(two), answerOf(one)), [2, 1]);
  assert.deepEqual(await list(answerOf(one, {})), [2, 1]);
  assert.deepEqual(await list({ ...answerOf(one), broken: true }), [2, 1]);
  const bodiless = answerOf();
  delete bodiless.body;
  assert.deepEqual(await list(bodiless), [2, 1]);
  assert.deepEqual(await list(answerOf(one)), [1]);
});

test('a mitigation whose observation the server refuses is observed again with the next list', async () => {
  const { host, session } = hosted();
  const refused = { ...answerOf(), code: '5.03', ok: false };
  for (const answer of [refused, answerOf({ mid: 1, lifetime: 60 })]) {
    const listing = host.refresh();
    await settle();
    await session.answer(answerOf({ mid: 1, lifetime: 60 }));
    await session.answer(answer);
    await listing;
  }
  assert.deepEqual(session.asked, ['status', 'observe 1', 'status', 'observe 1']);
});

test('a failed listing does not keep the next from being made', async () => {
  const { host, session } = hosted();
  session.status = () => Promise.reject(new DotsError('unreachable', 'x', 'silence'));
  await assert.rejects(host.refresh());
  session.status = () => Promise.resolve(answerOf());
  assert.equal((await host.refresh()).ok, true);
});

test('what a closed session still answers is not taken for news of another', async () => {
  const { host, session } = hosted();
  const listing = host.refresh();
  await settle();
  await host.close();
  await session.answer(answerOf({ mid: 1, lifetime: 60 }));
  await listing;
  assert.deepEqual([host.mitigations(), session.asked], [[], ['status']]);
});

test('an observation that begins when the session has been closed ends at once', async () => {
  const { host, session } = hosted();
  const listing = host.refresh();
  await settle();
  await session.answer(answerOf({ mid: 1, lifetime: 60 }, { mid: 2, lifetime: 60 }));
  await host.close();
  await session.answer(answerOf({ mid: 2, lifetime: 60 }));
  await listing;
  assert.deepEqual([session.asked, session.stopped, host.mitigations()], [['status', 'observe 2'], [2], []]);
});

test('an observation of a mitigation that has gone in the meantime ends at once', async () => {
  const { host, session } = hosted();
  const listing = host.refresh();
  await settle();
  await session.answer(answerOf({ mid: 1, lifetime: 60 }));
  await session.answer({ ...answerOf(), code: '4.04', ok: false });
  await listing;
  const [only, ...others] = host.mitigations();
  assert.deepEqual([session.stopped, only?.ended, others], [[1], 'ended by the server', []]);
});

test('a mitigation accepted while the list was under way is not forgotten', async () => {
  const { host, session } = hosted();
  const listing = host.refresh();
  await settle();
  const sending = host.send(
    { profile: 'mock', server: session.server, cuid: session.cuid, credentials: {} },
    answerOf({ 'target-prefix': ['192.0.2.0/24'], lifetime: 60 }).body ?? {},
    new AbortController().signal,
  );
  await settle();
  const [list, accepted] = [answerOf(), answerOf({ mid: 7, lifetime: 60 })];
  (session as unknown as { open: unknown[] }).open.reverse();
  await session.answer(accepted);
  await sending;
  await session.answer(list);
  assert.deepEqual(
    host.mitigations().map(({ mid }) => mid),
    [7],
  );
  await session.answer(accepted);
  await session.answer(accepted);
  await listing;
});

const request = {
  'ietf-dots-signal-channel:mitigation-scope': { scope: [{ 'target-prefix': ['192.0.2.0/24'], lifetime: 3600 }] },
};

type Send = (...words: unknown[]) => Promise<object>;

/** Sends the request to a target whose session answers in this way; what is reported about its key is recorded. */
async function sent(send: Send, refused: unknown[] = [], blocks?: boolean): Promise<void> {
  const uri = vscode.Uri.file('/a/request.dots.json');
  editor.documents.push({ uri, languageId: 'dots', getText: () => '' });
  const state = { kind: 'mitigation-scope', direction: 'request', requestErrors: 0, destination: { kind: 'mock' } };
  const targets = {
    settle: () => Promise.resolve({ profile: 'up' }),
    at: <T>(target: unknown, _: unknown, action: (target: unknown) => T): T => action(target),
    keyRefused: (target: unknown) => refused.push(target),
  };
  const sender = new RequestSender(
    { toSend: () => Promise.resolve({ state, value: request }) } as never,
    targets as never,
    { send } as never,
    {} as never,
    new Underway(),
    log,
  );
  await sender.send(uri as unknown as api.Uri, blocks);
}

test('another pre-shared key is offered only where a server could not read what was protected with it', async () => {
  for (const reason of Object.keys(reasons)) {
    const refused: unknown[] = [];
    await sent(() => Promise.reject(new DotsError('unreachable', `transport/${reason}`, 'It failed.')), refused);
    const ways = editor.ways.filter((way) => way !== 'Show log');
    const expected = reason === 'psk-mismatch' ? [['Enter another key'], [{ profile: 'up' }]] : [[], []];
    assert.deepEqual([ways, refused], expected, reason);
  }
});

test('a mitigation request larger than a datagram is sent in blocks only where the user chooses that in its message', async () => {
  const asked: unknown[] = [];
  const send: Send = (_target, _document, _signal, _aliases, options) => {
    asked.push((options as { blocks?: boolean }).blocks);
    return Promise.reject(
      new DotsError('usage', 'signal/needs-blocks', 'The request has 1500 octets of body.', 'Split the targets.'),
    );
  };
  await sent(send);
  assert.deepEqual(editor.errors, ['request was not sent. The request has 1500 octets of body. Split the targets.']);
  assert.deepEqual(editor.ways, ['Send in blocks', 'Show log']);
  await sent(send, [], true);
  assert.deepEqual(asked, [false, true]);
});

test('an answer that cannot be shown does not make the request unsent', async () => {
  editor.showTextDocument = () => Promise.reject(new Error('no editor'));
  await sent(() => Promise.resolve({ answer: answerOf(), mid: 7, cuid: 'c', server: 's' }));
  assert.deepEqual(editor.errors, ['The answer to request was received, but could not be shown. no editor']);
});

test('several documents are sent at once, one document only once, and each is cancelled by itself', async () => {
  const state = { kind: 'mitigation-scope', direction: 'request', requestErrors: 0, destination: { kind: 'mock' } };
  const signals: AbortSignal[] = [];
  const underway = new Underway();
  const sender = new RequestSender(
    { toSend: () => Promise.resolve({ state, value: request }) } as never,
    {
      settle: () => Promise.resolve({ profile: 'up' }),
      at: <T>(target: unknown, _: unknown, action: (target: unknown) => T): T => action(target),
    } as never,
    {
      send: (_target: unknown, _document: unknown, signal: AbortSignal) => {
        signals.push(signal);
        return new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('stopped'))));
      },
    } as never,
    {} as never,
    underway,
    log,
  );
  const [one, two] = ['/a/one.dots.json', '/a/two.dots.json'].map((path) => vscode.Uri.file(path));
  for (const uri of [one, two]) editor.documents.push({ uri: uri as never, languageId: 'dots', getText: () => '' });
  const all = [one, one, two].map((uri) => sender.send(uri as unknown as api.Uri));
  await settle();
  assert.deepEqual(
    underway.list().map(({ document, profile }) => `${document} to ${profile}`),
    ['one to up', 'two to up'],
  );
  await sender.cancel({ waiting: underway.list()[0]?.id ?? 0 });
  assert.deepEqual(
    signals.map(({ aborted }) => aborted),
    [true, false],
  );
  await settle();
  await sender.cancel();
  await Promise.all(all);
  assert.deepEqual([underway.list(), editor.errors], [[], []]);
});

test('while a question to the user is open, nothing counts as being sent', async () => {
  const state = { kind: 'mitigation-scope', direction: 'request', requestErrors: 0, destination: { kind: 'mock' } };
  const underway = new Underway();
  let decide: (target: unknown) => void = () => undefined;
  const sender = new RequestSender(
    { toSend: () => Promise.resolve({ state, value: request }) } as never,
    { settle: () => new Promise((resolve) => (decide = resolve)) } as never,
    {} as never,
    {} as never,
    underway,
    log,
  );
  const uri = vscode.Uri.file('/a/request.dots.json');
  editor.documents.push({ uri, languageId: 'dots', getText: () => '' });
  const sending = sender.send(uri as unknown as api.Uri);
  await settle();
  assert.deepEqual(underway.list(), []);
  decide(undefined);
  await sending;
});
