import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { beforeEach, test } from 'node:test';
import type * as api from 'vscode';
import type { JsonObject } from '#dots/model/json';
import type { Answer, SignalSession } from '#dots/signal/session';
import { reasons } from '#dots/transport/refusals';
import { bundled } from '../../support/bundle';
import { settle } from '../../support/protocol/fakeClock';
import { root } from '../../support/shared';
import type * as features from '../../support/clientFeatures';

const load = createRequire(__filename);
const { DotsError, RequestSender, SessionHost, tellFailure, vscode } = load(
  bundled('test/support/clientFeatures.ts', { vscode: join(root, 'test/support/vscode.ts') }),
) as typeof features;
const { editor } = vscode;

const silent = () => undefined;
const log = { info: silent, warn: silent, error: silent, debug: silent } as unknown as api.LogOutputChannel;

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
  tellFailure(
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
  const identity = { mid: () => Promise.resolve(7), cuid: () => Promise.resolve('c') };
  const host = new SessionHost(identity as never, log, 'mock');
  const session = new FakeSession();
  Object.assign(host, {
    session: session as unknown as SignalSession,
    place: { name: 'mock', server: 'coap://127.0.0.1:9', cuid: 'c', production: false },
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
  assert.deepEqual([session.stopped, host.mitigations()], [[1], []]);
});

test('a mitigation accepted while the list was under way is not forgotten', async () => {
  const { host, session } = hosted();
  const listing = host.refresh();
  await settle();
  const sending = host.send(
    { name: 'mock', server: session.server, cuid: session.cuid, production: false },
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

const silentServer = {
  documentInfo: () => Promise.resolve(undefined),
  documentContext: () => Promise.resolve(undefined),
};

/** Sends a document while the language server is silent; gives what reached the session. */
async function sent(document: JsonObject, place: object | undefined = {}): Promise<JsonObject[]> {
  const uri = vscode.Uri.file('/a/request.dots.json');
  editor.documents.push({ uri, languageId: 'dots', getText: () => JSON.stringify(document) });
  const reached: JsonObject[] = [];
  const sessions = {
    send: (_: unknown, value: JsonObject) => (
      reached.push(value),
      Promise.resolve({ answer: answerOf(), mid: 7, cuid: 'c', server: 's' })
    ),
  };
  const sender = new RequestSender(
    silentServer as never,
    {
      placeFor: () => Promise.resolve(place),
      at: <T>(at: unknown, _: unknown, action: (place: unknown) => T): T => action(at),
    } as never,
    sessions as never,
    {} as never,
    log,
  );
  await sender.send(uri as unknown as api.Uri);
  return reached;
}

test('a document with errors is not sent, also while the language server is silent', async () => {
  const faulty = {
    'ietf-dots-signal-channel:mitigation-scope': { scope: [{ 'target-prefix': ['192.0.2.0/24'], lifetime: '3600' }] },
  };
  assert.deepEqual(await sent(faulty), []);
  assert.match(editor.errors.join(), /^request was not sent\. It has 1 error,/);
});

/** What a failed sending offers besides the log, and whose keys it says were refused. */
async function offers(code: string): Promise<{ ways: string[]; refused: unknown[] }> {
  const uri = vscode.Uri.file('/a/request.dots.json');
  editor.documents.push({ uri, languageId: 'dots', getText: () => JSON.stringify(request) });
  const refused: unknown[] = [];
  const place = { name: 'up' };
  const sender = new RequestSender(
    silentServer as never,
    {
      placeFor: () => Promise.resolve(place),
      at: <T>(at: unknown, _: unknown, action: (place: unknown) => T): T => action(at),
      keyRefused: (at: unknown) => refused.push(at),
    } as never,
    { send: () => Promise.reject(new DotsError('unreachable', `transport/${code}`, 'It failed.')) } as never,
    {} as never,
    log,
  );
  await sender.send(uri as unknown as api.Uri);
  return { ways: editor.ways.filter((way) => way !== 'Show log'), refused };
}

test('another pre-shared key is offered only where a server could not read what was protected with it', async () => {
  for (const reason of Object.keys(reasons)) {
    const { ways, refused } = await offers(reason);
    const expected = reason === 'psk-mismatch' ? [['Enter another key'], [{ name: 'up' }]] : [[], []];
    assert.deepEqual([ways, refused], expected, reason);
  }
});

test('what only a server writes is not sent', async () => {
  assert.deepEqual(await sent({ 'ietf-dots-telemetry:telemetry-setup': { telemetry: [{ tsid: 1 }] } }), []);
  assert.match(editor.errors.join(), /was not sent/);
});

test('an answer that cannot be shown does not make the request unsent', async () => {
  editor.showTextDocument = () => Promise.reject(new Error('no editor'));
  assert.deepEqual(await sent(request), [request]);
  assert.deepEqual(editor.errors, ['The answer to request came, but could not be shown. no editor']);
});
