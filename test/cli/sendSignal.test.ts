import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { validationService as service } from '#service/validationService';
import { Ledger } from '#dots/signal/ledgerFolder';
import type { Answered } from '#dots/signal/requestWithFailover';
import { sendSignal, type SignalResult } from '../../cli/src/commands/sendSignal';
import type { Connect } from '../../cli/src/connection';
import type { ReadDocument } from '../../cli/src/document';
import type { SettledTarget } from '../../cli/src/settledTarget';
import { CommandWorkspaces } from '../../cli/src/workspace';
import { entriesIn } from '#dots/data/resources';
import type { JsonObject } from '#dots/model/json';
import { installedNow } from '#dots/signal/ledgerInstalled';
import { acls, dots, folder, startMock } from '../support/dots';
import { documentFor } from '../support/ledgerScene';

const collision = {
  'ietf-dots-signal-channel:mitigation-scope': {
    scope: [{ 'conflict-information': { 'conflict-cause': 'cuid-collision' } }],
  },
};
const target: Omit<SettledTarget, 'ledger'> = {
  server: 'coap://127.0.0.1:9',
  cuid: 'taken',
  cuidSource: 'derived',
  timeoutMs: 1000,
  credentials: {},
  credentialFiles: {},
};
const given = (...options: string[]): Parameters<typeof sendSignal>[0]['given'] => ({
  paths: [],
  option: (name) => (options.includes(name) ? '' : undefined),
  options: () => [],
});

function documentOf(name: string): ReadDocument {
  const value = documentFor(name);
  return { file: '-', bytes: new Uint8Array(), parsed: service.parse(new Uint8Array(), '-'), value };
}

interface Scene {
  ledger: Ledger;
  /** The cuids that the server was asked under. */
  asked: string[];
  send(name: string, as?: Partial<SettledTarget>, ...options: string[]): Promise<SignalResult>;
  answer?: boolean;
}

/** A server that another client of the cuid "taken" uses, and a terminal where the user answers, if at all. */
async function scene(t: TestContext, answer?: boolean, isTaken = true): Promise<Scene> {
  const ledger = await Ledger.open(join(folder(t), 'ledger'));
  const asked: string[] = [];
  const connect: Connect = ({ cuid }) => ({
    ask: () => {
      asked.push(cuid);
      const isRefused = isTaken && cuid === 'taken';
      const request = { method: 'PUT', path: '/', octets: 0 } as const;
      const said = isRefused ? { code: '4.09', ok: false, body: collision } : { code: '2.01', ok: true };
      return Promise.resolve({ session: {}, answer: { ...said, roundTripMs: 1, request } } as unknown as Answered);
    },
    close: () => Promise.resolve(),
  });
  const io = {
    out: () => Promise.resolve(),
    say: () => undefined,
    input: () => Promise.resolve(new Uint8Array()),
    colours: false,
    stopped: () => new Promise<void>(() => undefined),
    ...(answer !== undefined && { confirm: () => Promise.resolve(answer) }),
  };
  const send: Scene['send'] = (name, as = {}, ...options) => {
    const sending = {
      target: { ...target, ...as, ledger },
      ledger,
      workspaces: new CommandWorkspaces(given()),
      context: { ownPrefixes: [], quirks: [] },
    };
    return sendSignal({ document: documentOf(name), sending, connect, given: given(...options), io });
  };
  return { ledger, asked, send };
}

test('where another client uses the cuid, a new one is generated with --new-cuid, recorded, and used', async (t) => {
  const { ledger, asked, send } = await scene(t);
  const refused = await send('a.example.net');
  assert.equal(refused.answer.code, '4.09');
  assert.match(refused.remarks.join(), /Use --new-cuid/);
  const accepted = await send('a.example.net', {}, 'new-cuid');
  assert.deepEqual(
    [accepted.answer.code, accepted.target.cuid, accepted.target.cuidSource],
    ['2.01', asked[2], 'generated'],
  );
  const taken = (await ledger.clients()).find(({ cuid }) => cuid === 'taken');
  assert.equal(taken?.replacedBy, asked[2]);
});

test('on a terminal the user is asked instead', async (t) => {
  assert.equal((await (await scene(t, true)).send('a.example.net')).answer.code, '2.01');
  assert.equal((await (await scene(t, false)).send('a.example.net')).answer.code, '4.09');
});

test('a cuid that was configured stays, and so does one under which mitigations run', async (t) => {
  const { ledger, send } = await scene(t, true);
  const configured = await send('a.example.net', { cuidSource: 'configured' }, 'new-cuid');
  assert.match(configured.remarks.join(), /Specify another one there/);
  const client = ledger.client({ address: target.server, cuid: 'taken', source: 'derived' });
  const { entry } = await client.begin({
    kind: 'mitigation-scope',
    parameter: 'mid',
    document: documentFor('b.example.net'),
    file: null,
    profile: null,
  });
  await client.sending(entry);
  const running = await send('a.example.net', {}, 'new-cuid');
  assert.match(running.remarks.join(), /must not change while mitigations run/);
});

test('the aliases and ACLs that this client installed go to the new cuid (RFC 9132 section 4.4.1.1)', async (t) => {
  const { ready } = await startMock(t);
  const { data, ca, cert, key } = ready as Record<'data' | 'ca' | 'cert' | 'key', string>;
  const { ledger, asked, send } = await scene(t);
  const aliases = {
    'ietf-dots-data-channel:aliases': { alias: [{ name: 'web', 'target-prefix': ['192.0.2.0/24'] }] },
  };
  const as = (cuid: string): string[] => ['--server', data, '--ca', ca, '--cert', cert, '--key', key, `--cuid=${cuid}`];
  const client = ledger.client({ address: target.server, cuid: 'taken', source: 'derived' });
  for (const document of [acls, JSON.stringify(aliases)])
    assert.equal(dots(['data', 'install', '-', ...as('taken')], document).status, 0);
  const installed = (cuid: string): JsonObject =>
    (JSON.parse(dots(['data', 'get', '--format', 'json', ...as(cuid)]).out) as { body: JsonObject }).body;
  const entries = {
    aliases: aliases['ietf-dots-data-channel:aliases'].alias,
    acls: entriesIn('acls', JSON.parse(acls) as JsonObject),
  };
  for (const container of ['acls', 'aliases'] as const)
    await client.installed({ container, entries: entries[container], address: data });
  const accepted = await send('a.example.net', { credentialFiles: { ca, cert, key } }, 'new-cuid');
  assert.match(accepted.remarks.join(' '), /Moved to the new cuid: alias web, ACL a\./);
  const [, fresh = ''] = asked;
  assert.match(JSON.stringify(installed(fresh)), /"web".*:drop"/);
  assert.doesNotMatch(JSON.stringify(installed('taken')), /"web"|:drop"/);
  const ledgers = new Map(
    (await ledger.clients()).map((each) => [each.cuid, installedNow(each).map(({ name }) => name)]),
  );
  assert.deepEqual([ledgers.get('taken'), ledgers.get(fresh)], [[], ['web', 'a']]);
});

test('where they cannot be moved, the mitigation is requested all the same, and it is said', async (t) => {
  const { ledger, send } = await scene(t);
  const client = ledger.client({ address: target.server, cuid: 'taken', source: 'derived' });
  const entries = [{ name: 'web', 'target-prefix': ['192.0.2.0/24'] }];
  await client.installed({ container: 'aliases', entries, address: 'https://127.0.0.1:1' });
  const accepted = await send('a.example.net', {}, 'new-cuid');
  assert.equal(accepted.answer.code, '2.01');
  assert.match(accepted.remarks.join(' '), /Not all of alias web could be moved to the new cuid/);
});

test('the next command names a cuid that starts with a dash so that it can be typed as it is', async (t) => {
  const { send } = await scene(t);
  const { remarks } = await send('a.example.net', { cuid: '-abc', cuidSource: 'configured' });
  assert.match(remarks.join(' '), /dots status \d+ --server \S+ --cuid=-abc shows/);
});
