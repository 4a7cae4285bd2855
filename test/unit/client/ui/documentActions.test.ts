import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DocumentState } from '#contract';
import { documentTypes } from '#dots/model/documents';
import { documentActions } from '../../../../client/src/ui/documentActions';
import type { RunningRequest } from '../../../../client/src/ui/runningActions';

const mock = { kind: 'mock', profile: 'mock' } as const;

const state = (kind: string, more: Partial<DocumentState> = {}): DocumentState => ({
  uri: 'file:///a.dots.json',
  version: 1,
  kind,
  title: kind,
  line: 1,
  direction: 'request',
  counts: { error: 0, warning: 0, information: 0, hint: 0 },
  requestErrors: 0,
  destination: mock,
  ownPrefixes: [],
  targetRouter: null,
  ...more,
});

const running: RunningRequest = {
  where: { session: 'mock', mid: 7 },
  status: 'mitigating on mock, 43 min left',
  sentence: 'The attack is being mitigated.',
  changes: [],
  effect: '',
};

const titles = (...args: Parameters<typeof documentActions>): string[] =>
  documentActions(...args).map(({ title }) => title);

test('every kind that a client sends has a link that sends it, and a dry run', () => {
  const first = Object.fromEntries(documentTypes.map(({ kind }) => [kind, titles(state(kind)).slice(0, 2)]));
  const [sent, installed] = [
    ['Send to mock', 'Dry run'],
    ['Install on mock', 'Dry run'],
  ];
  assert.deepEqual(first, {
    'mitigation-scope': sent,
    acls: installed,
    aliases: installed,
    'signal-config': sent,
    heartbeat: [],
    'redirected-signal': [],
    'telemetry-setup': sent,
    telemetry: sent,
    'dots-client': [],
    'dots-data': [],
    capabilities: [],
    'vendor-mapping': installed,
  });
});

test('over a request in force: its state, Renew and Withdraw', () => {
  assert.deepEqual(titles(state('mitigation-scope'), [running]), [
    'mitigating on mock, 43 min left',
    'Renew',
    'Withdraw',
    'Dry run',
    'Preview Flowspec',
  ]);
  const [, renew] = documentActions(state('mitigation-scope'), [running]);
  assert.deepEqual([renew?.command, renew?.args], ['dots.renew', [{ session: 'mock', mid: 7 }]]);
});

test('over an edited one: what differs, and what sending would do, before it is sent', () => {
  const edited = { ...running, changes: ['adds 203.0.113.0/24'], effect: 'Sending replaces mid 7 by mid 8.' };
  const actions = documentActions(state('mitigation-scope'), [edited]);
  assert.deepEqual(
    actions.slice(0, 5).map(({ title }) => title),
    ['mitigating on mock, 43 min left', 'Renew', 'Send changes', 'edited: adds 203.0.113.0/24', 'Withdraw'],
  );
  assert.match(actions[3]?.tooltip ?? '', /Sending replaces mid 7 by mid 8/);
});

test('an edited one with errors cannot be sent, and the link shows the Problems view without hiding it', () => {
  const faulty = { requestErrors: 2, counts: { error: 2, warning: 0, information: 0, hint: 0 } };
  const actions = documentActions(state('mitigation-scope', faulty), [{ ...running, changes: ['without mid'] }]);
  assert.equal(actions[2]?.title, '2 errors: nothing to send yet');
  assert.equal(actions[2]?.command, 'workbench.panel.markers.view.focus');
});

test('one that runs at another server is shown beside the link that sends it here', () => {
  const elsewhere = { ...running, where: { session: 'upstream', mid: 3 }, status: 'mitigating on upstream, 1 h left' };
  assert.deepEqual(titles(state('mitigation-scope'), [elsewhere]).slice(0, 4), [
    'Send to mock',
    'mitigating on upstream, 1 h left',
    'Renew',
    'Withdraw',
  ]);
});
