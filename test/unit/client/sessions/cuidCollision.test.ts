import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { contentOf } from '#dots/data/resources';
import type { ChangeOptions, DataSession } from '#dots/data/session';
import type { JsonObject } from '#dots/model/json';
import type { Answer } from '#dots/signal/answer';
import type { LedgerOfClient } from '#dots/signal/ledgerFolder';
import type { SettledTarget } from '../../../../client/src/sessions/serverTargets';
import type { SendResult } from '../../../../client/src/sessions/sessionHost';
import { loadFeatures } from '../../../support/loadFeatures';

const { CuidCollision, vscode } = loadFeatures();
const { editor } = vscode;

beforeEach(() => {
  Object.assign(editor, { confirmed: [], agrees: true });
});

const request = (more: JsonObject = {}): JsonObject => ({
  'ietf-dots-signal-channel:mitigation-scope': {
    scope: [{ 'target-prefix': ['192.0.2.0/24'], lifetime: 60, ...more }],
  },
});
const target = { server: 'coaps://192.0.2.1', profile: 'p', cuid: 'taken', credentials: {} } as SettledTarget;

const collision = {
  'ietf-dots-signal-channel:mitigation-scope': {
    scope: [{ mid: 1, 'conflict-information': { 'conflict-cause': 'cuid-collision' } }],
  },
};

/** A client whose cuid is taken; `log` is what it does, in order. */
function scene(source: 'derived' | 'configured' = 'derived') {
  const log: string[] = [];
  const entry = {
    container: 'aliases',
    name: 'web',
    entry: { name: 'web' },
    address: 'https://192.0.2.1',
    removedAt: null,
  };
  const client = {
    read: () => Promise.resolve({ entries: [], installed: [entry] }),
    installed: () => Promise.resolve(void log.push('recorded')),
    removed: () => Promise.resolve(void log.push('record removed')),
  } as unknown as LedgerOfClient;
  const identity = {
    sourceOf: () => source,
    client: () => Promise.resolve(client),
    renamed: () => Promise.resolve('fresh'),
  };
  const session = (cuid: string): DataSession =>
    ({
      install: async (document: JsonObject, { accepted }: ChangeOptions) => {
        log.push(`install as ${cuid}`);
        const { container, entries } = contentOf(document);
        await accepted?.(container, entries);
        return { answer: { ok: true, status: 201 } };
      },
      delete: () => (log.push(`delete as ${cuid}`), Promise.resolve({ ok: true, status: 204 })),
    }) as unknown as DataSession;
  const data = {
    over: <T>({ cuid }: SettledTarget, action: (session: DataSession) => Promise<T>) => action(session(cuid)),
  };
  const sendAs = ({ cuid }: SettledTarget): Promise<SendResult> => {
    log.push(`send as ${cuid}`);
    const answer: Partial<Answer> =
      cuid === 'taken' ? { code: '4.09', ok: false, body: collision } : { code: '2.01', ok: true };
    return Promise.resolve({ answer, mid: 1, cuid, server: '', profile: 'p' } as SendResult);
  };
  const resolved = (document: JsonObject): Promise<SendResult> =>
    new CuidCollision(identity, data).resolved(target, document, sendAs);
  return { log, resolved };
}

const moved = ['install as fresh', 'recorded', 'delete as taken', 'record removed'];

test('a cuid that another client uses is replaced after a question, and what was installed moves to the new one', async () => {
  const { log, resolved } = scene();
  const { answer } = await resolved(request());
  assert.equal(editor.confirmed.length, 1);
  assert.deepEqual(log, ['send as taken', 'send as fresh', ...moved]);
  assert.match(answer.notes?.join(' ') ?? '', /from now on this one uses fresh.*Moved to the new cuid: alias web\./);
});

test('a request that names an alias is sent after the alias has moved', async () => {
  const { log, resolved } = scene();
  await resolved(request({ 'alias-name': ['web'] }));
  assert.deepEqual(log, ['send as taken', ...moved, 'send as fresh']);
});

test('without agreement the refusal is shown, and nothing else is sent', async () => {
  editor.agrees = false;
  const { log, resolved } = scene();
  const { answer } = await resolved(request());
  assert.deepEqual(log, ['send as taken']);
  assert.match(answer.notes?.join(' ') ?? '', /Send again to generate a new cuid/);
});

test('a configured cuid stays, without a question', async () => {
  const { log, resolved } = scene('configured');
  const { answer } = await resolved(request());
  assert.deepEqual([log, editor.confirmed], [['send as taken'], []]);
  assert.match(answer.notes?.join(' ') ?? '', /Specify another one there/);
});
