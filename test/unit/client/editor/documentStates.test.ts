import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import type * as api from 'vscode';
import type { DocumentState } from '#contract';
import type { JsonObject } from '#dots/model/json';
import type { SettledTarget } from '../../../../client/src/sessions/serverTargets';
import { settle } from '../../../support/protocol/fakeClock';
import { loadFeatures, log, memory } from '../../../support/loadFeatures';

const {
  ActiveProfile,
  Credentials,
  DocumentLenses,
  DocumentStates,
  LanguageServer,
  RequestSender,
  ServerTargets,
  server,
  Underway,
  vscode,
} = loadFeatures();
const { editor } = vscode;

const uri = vscode.Uri.file('/a/request.dots.json');
const document = {
  uri,
  languageId: 'dots',
  version: 1,
  isClosed: false,
  getText: () => assert.fail('It is not read.'),
};
const request: JsonObject = {
  'ietf-dots-signal-channel:mitigation-scope': { scope: [{ 'target-prefix': ['192.0.2.0/24'], lifetime: 3600 }] },
};
const asked = 'dots/documentToSend';

const state = (more: Partial<DocumentState> = {}): DocumentState => ({
  uri: uri.toString(),
  version: 1,
  kind: 'mitigation-scope',
  title: 'mitigation request',
  line: 2,
  direction: 'request',
  counts: { error: 0, warning: 0, information: 0, hint: 0 },
  requestErrors: 0,
  destination: { kind: 'server', profile: 'lab', namedBy: 'active', server: 'coap://127.0.0.1:1', credentials: {} },
  ownPrefixes: [],
  targetRouter: null,
  ...more,
});

beforeEach(() => {
  Object.assign(document, { version: 1, isClosed: false });
  Object.assign(editor, { errors: [], documents: [document], confirmed: [], agrees: true });
  Object.assign(server, { requests: [], notifications: [], answers: {} });
});

/** No mitigation is in force. */
const noneRunning = { of: () => Promise.resolve([]), onDidChange: () => ({ dispose: () => undefined }) } as never;

/** The editor's side of it all, with a language server that is running. */
async function scene(): Promise<{
  active: InstanceType<typeof ActiveProfile>;
  states: InstanceType<typeof DocumentStates>;
  titles: () => Promise<string[]>;
  click: () => Promise<void>;
  reached: [SettledTarget, JsonObject, requests: number][];
}> {
  const active = new ActiveProfile(memory());
  const extension = { asAbsolutePath: (path: string) => path };
  const states = new DocumentStates(new LanguageServer(extension as never, active as never, log));
  const reached: [SettledTarget, JsonObject, requests: number][] = [];
  const sessions = {
    send: (target: SettledTarget, value: JsonObject) => {
      reached.push([target, value, server.requests.length]);
      return Promise.reject(new Error('no answer'));
    },
  };
  const identity = { cuid: () => Promise.resolve('own') };
  const targets = new ServerTargets({} as never, identity as never, new Credentials(memory()));
  const sender = new RequestSender(
    states as never,
    targets as never,
    sessions as never,
    {} as never,
    new Underway(),
    log,
  );
  const lenses = new DocumentLenses(states as never, noneRunning);
  await settle();
  return {
    active,
    states,
    titles: async () => {
      const { token } = new vscode.CancellationTokenSource();
      const found = await lenses.provideCodeLenses(document as never, token as never);
      return found.map(({ command }) => command?.title ?? '');
    },
    click: () => sender.send(uri as unknown as api.Uri),
    reached,
  };
}

test('a click asks the language server once before anything is sent, and sends the value that it validated', async () => {
  const { click, reached } = await scene();
  server.push(state());
  server.answers[asked] = () => ({ state: state(), value: request });
  await click();
  assert.deepEqual(server.requests, [asked]);
  assert.equal(reached.length, 1);
  const [target, value, requests] = reached[0] ?? assert.fail();
  assert.deepEqual([target.server, target.cuid, value, requests], ['coap://127.0.0.1:1', 'own', request, 1]);
});

test('what decides is the answer at the click, not the state that was pushed before', async () => {
  const { click, reached } = await scene();
  server.push(state());
  const production = { by: 'lab', reason: 'The profile "lab" is marked as production' };
  const destination = { ...state().destination, production } as DocumentState['destination'];
  server.answers[asked] = () => ({ state: state({ destination }), value: request });
  editor.agrees = false;
  await click();
  assert.deepEqual([editor.confirmed.length, reached.length, editor.errors], [1, 0, []]);
});

const refusals: [string, () => unknown, RegExp][] = [
  ['an answer about another version', () => ({ state: state({ version: 2 }), value: request }), /changed while/],
  ['a document that the server does not know', () => null, /does not check this document/],
  ['a server that does not answer', () => undefined, /language server is not responding/],
  [
    'errors that it has as a request',
    () => ({ state: state({ requestErrors: 1 }), value: request }),
    /It has 1 error, so the server would refuse it\./,
  ],
  [
    'a status',
    () => ({ state: state({ direction: 'status', requestErrors: 1 }), value: request }),
    /the status of a mitigation, which only a server sends/,
  ],
  [
    'another channel',
    () => ({ state: state({ kind: 'acls', title: 'ACLs' }), value: request }),
    /sent over the data channel/,
  ],
  ['no known kind', () => ({ state: state({ kind: null }), value: request }), /not a known kind of DOTS document/],
  [
    'a destination that is none',
    () => ({
      state: state({
        destination: { kind: 'none', problem: { code: 'no-profile', message: 'No such.', hint: 'Add it.' } },
      }),
      value: request,
    }),
    /^request was not sent\. No such\. Add it\.$/,
  ],
];

for (const [name, answer, message] of refusals) {
  test(`nothing is sent: ${name}`, async () => {
    const { click, reached } = await scene();
    server.push(state());
    server.answers[asked] = answer;
    await click();
    assert.deepEqual([reached, server.requests], [[], [asked]]);
    assert.match(editor.errors.join(), message);
  });
}

test('errors that the Problems view shows are shown there, without a message', async () => {
  const { click, reached } = await scene();
  const counts = { error: 2, warning: 0, information: 0, hint: 0 };
  server.answers[asked] = () => ({ state: state({ counts, requestErrors: 2 }), value: request });
  await click();
  assert.deepEqual([reached, editor.errors], [[], []]);
});

test('links wait for the state of the present version, and ask nothing', async () => {
  const { titles } = await scene();
  server.push(state());
  assert.deepEqual(await titles(), ['Send to lab', 'Dry run', 'Preview Flowspec']);
  document.version = 2;
  const later = titles();
  let settled = false;
  void later.then(() => (settled = true));
  server.push(state());
  await settle();
  assert.equal(settled, false);
  server.push(state({ version: 2, requestErrors: 3, counts: { error: 3, warning: 0, information: 0, hint: 0 } }));
  assert.deepEqual(await later, ['3 errors: nothing to send yet', 'Preview Flowspec']);
  assert.deepEqual(server.requests, []);
});

test('no caller waits for the state of a document that is closed, of a server that has ended, or for a link no longer wanted', async () => {
  const { states } = await scene();
  const waiting = (): [Promise<DocumentState | undefined>, () => void] => {
    const source = new vscode.CancellationTokenSource();
    return [states.current(document as never, source.token as never), () => source.cancel()];
  };
  const [cancelled, cancel] = waiting();
  cancel();
  assert.equal(await cancelled, undefined);
  server.push(state({ version: 7 }));
  const [closed] = waiting();
  document.isClosed = true;
  editor.closing.fire(document);
  assert.equal(await closed, undefined);
  document.isClosed = false;
  const [ended] = waiting();
  server.state({ newState: 1 });
  assert.equal(await ended, undefined);
  assert.equal(states.latest(document as never), undefined);
  editor.documents = [];
  server.push(state());
  assert.equal(states.latest(document as never), undefined);
  editor.documents = [document];
  server.push(state());
  assert.equal((await waiting()[0])?.version, 1);
});

test('the language server hears which profile is active: at its start, and when another one is selected', async () => {
  const { active } = await scene();
  assert.deepEqual(server.initialized, { trusted: true, activeProfile: 'mock' });
  await active.select('lab');
  await settle();
  assert.deepEqual(server.notifications, [['dots/activeProfile', { name: 'lab' }]]);
});
