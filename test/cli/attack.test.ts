import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import type { JsonObject } from '#dots/model/json';
import { isUnderAttack } from '#dots/signal/scopes';
import { protect } from '../support/protocol/scene';
import { root } from '../support/shared';
import { bundled } from '../support/bundle';
import { identityWith } from '../support/fakeLedger';
import { loadFeatures, log } from '../support/loadFeatures';

/** Documents, and whether an attack is under way when they are sent. */
const documents: [what: string, document: JsonObject, underAttack: boolean][] = [
  ['a mitigation request', protect('192.0.2.0/24'), true],
  ['a report that the attack goes on', protect('192.0.2.0/24', { 'attack-status': 'under-attack' }), true],
  [
    'a report that the attack was mitigated',
    protect('192.0.2.0/24', { 'attack-status': 'attack-successfully-mitigated' }),
    false,
  ],
  ['a request for when the signal is lost', protect('192.0.2.0/24', { 'trigger-mitigation': false }), false],
  [
    'a configuration',
    {
      'ietf-dots-signal-channel:signal-config': {
        'mitigating-config': { 'heartbeat-interval': { 'current-value': 15 } },
      },
    },
    false,
  ],
];

const stub = join(root, 'test/support/signalSession.ts');
const server = 'coap://127.0.0.1:9';

test('an attack is under way when mitigation is asked for, and at no other time', () => {
  for (const [what, document, underAttack] of documents) assert.equal(isUnderAttack(document), underAttack, what);
});

test('dots send opens its session as the document has it', () => {
  const command = bundled('cli/src/main.ts', { '#dots/signal/session': stub });
  for (const [what, document, underAttack] of documents) {
    const { stderr, status } = spawnSync(
      process.execPath,
      [command, 'send', '-', '--server', server, '--cuid', 'c', '--mid', '1'],
      { input: JSON.stringify(document) },
    );
    assert.match(stderr.toString(), new RegExp(`opened with underAttack ${underAttack}`), what);
    assert.equal(status, 3);
  }
});

test('the editor opens its session as the document has it', async () => {
  const { SessionHost } = loadFeatures({ '#lazy/protocol': stub });
  const host = new SessionHost(identityWith(1), log, 'mock');
  for (const [what, document, underAttack] of documents) {
    const sent = host.send(
      { profile: 'mock', server, cuid: 'c', mid: 1, credentials: {} },
      document,
      new AbortController().signal,
    );
    await assert.rejects(sent, { message: `${server} opened with underAttack ${underAttack}.` }, what);
  }
});
