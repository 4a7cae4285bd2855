import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ServerProfile } from '#contract';
import type { Security } from '#dots/coap/messages/channel';
import type { JsonObject } from '#dots/model/json';
import { destinationOf } from '#dots/workspace/destination';
import { profilesOf } from '#dots/workspace/workspaceFile';
import { translate } from '#dots/flowspec/translate';
import { answerText } from '../../../../client/src/ui/answerText';
import { confirmation, mitigationQuestion } from '../../../../client/src/ui/confirmation';
import { flowspecText } from '../../../../client/src/ui/flowspecText';
import { installText } from '../../../../client/src/ui/installText';
import { noFlowspecText } from '../../../../client/src/ui/noFlowspecText';
import { documentActions } from '../../../../client/src/ui/documentActions';
import { profileText } from '../../../../client/src/ui/destinationText';
import { profileItems } from '../../../../client/src/ui/profilePick';
import { sessionTree } from '../../../../client/src/ui/sessionTree';
import type { TreeNode } from '../../../../client/src/ui/treeNode';

/**
 * What a server, a workspace file or a file name may be called: line ends, marks that reverse, what a terminal obeys,
 * and a picture.
 */
const evil = '\nFORGED: verified\r\u202e\u2066\u001b[2J\u009b\u2028\u200f$(check)';

/** Fails where a text contains what reverses or hides, or a line that a name has made up. */
function assertHarmless(text: string, what: string): void {
  assert.doesNotMatch(text, /(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u, what);
  assert.doesNotMatch(text, /^\s*FORGED/m, what);
}

const security: Security = { protocol: 'DTLS 1.2', cipherSuite: 'X', peerName: `p${evil}`, identity: 'x' };
const scope: JsonObject = { 'target-prefix': [`192.0.2.0/24${evil}`], 'alias-name': [`a${evil}`] };
const document: JsonObject = { 'ietf-dots-signal-channel:mitigation-scope': { scope: [{ ...scope, lifetime: 60 }] } };

const flat = (nodes: readonly TreeNode[]): TreeNode[] => nodes.flatMap((node) => [node, ...flat(node.children)]);

test('rows of the session view keep names in their line', () => {
  const session = { name: `n${evil}`, server: `s${evil}`, cuid: `c${evil}`, production: true };
  const facts = { stateMs: 0, heardMs: 1, roundTripMs: 1, error: new Error(`e${evil}`), nextAttemptMs: undefined };
  const mitigation = { mid: 1, scope, status: `odd${evil}`, lifetime: 60, reportedAt: 0 };
  const mitigations = [
    mitigation,
    { ...mitigation, mid: 2, record: { file: `/d/${evil}` } },
    { ...mitigation, mid: 3, ended: `over${evil}` },
  ];
  const orchestrator = {
    addresses: [`coap://${evil}`],
    mitigations: 1,
    filters: [
      {
        cuid: `c${evil}`,
        name: `f${evil}`,
        activationType: 'immediate' as const,
        active: true,
        pendingLifetime: 1,
        acl: {},
      },
    ],
    aliases: [{ cuid: `c${evil}`, name: `l${evil}`, pendingLifetime: 1, alias: scope }],
  };
  const waiting = [{ id: 1, document: `d${evil}`, profile: `p${evil}`, since: 0 }];
  const entry = { name: `a${evil}`, 'activation-type': `t${evil}`, ...scope };
  const entries = [{ container: 'acls', entry } as const, { container: 'aliases', entry } as const];
  const there = { cuid: `c${evil}`, entries, readAt: 0, error: `e${evil}` };
  const installed = [session.name, `other${evil}`].map((name) => ({ ...there, name }));
  for (const state of ['connected', 'not-responding', 'refused', 'never-reached', 'closed'] as const) {
    for (const given of [security, { ...security, asked: false as const }, undefined]) {
      const rows = sessionTree({
        sessions: [{ ...session, facts: { ...facts, state, security: given }, warnings: [evil], mitigations }],
        waiting,
        installed,
        orchestrator,
        now: 0,
      });
      for (const { label, description, tooltip, spoken = '' } of flat(rows)) {
        assertHarmless(tooltip, tooltip);
        for (const text of [label, description, spoken]) {
          assertHarmless(text, text);
          assert.ok(!text.includes('\n'), text);
        }
      }
    }
  }
});

test('neither do the texts that are shown for a document, and the questions before production', () => {
  const inputs = [
    { file: `a${evil}.dots.json`, value: document },
    {
      file: `b${evil}.dots.json`,
      value: { 'ietf-dots-data-channel:acls': { acl: [{ name: `x${evil}` }] } } as JsonObject,
    },
  ];
  const request = { method: 'PUT' as const, path: `/c${evil}`, octets: 0 };
  const sent = { server: `s${evil}`, cuid: `c${evil}`, profile: `p${evil}`, document: `d${evil}` };
  const answer = { code: '2.01', ok: true, roundTripMs: 1, request, body: document, diagnostic: `said${evil}` };
  const installed = {
    status: 409,
    ok: false,
    errors: [{ tag: `t${evil}`, message: `said${evil}`, path: `/${evil}` }],
    roundTripMs: 1,
    request: { ...request, method: 'POST' as const, payload: JSON.stringify(document) },
  };
  const texts = [
    flowspecText({ document: `d${evil}`, inputs, ...translate(inputs) }),
    noFlowspecText(`d${evil}`, `It failed: ${evil}`),
    answerText({ ...sent, mid: 1, answer }),
    installText({
      ...sent,
      difference: [`acl ${evil}`],
      installed: { answer: installed, answers: [installed], registered: true, replaced: true, changes: [] },
    }),
    ...[
      confirmation({ ...sent, credentials: {}, production: { reason: evil } }, document),
      mitigationQuestion('Withdraw', sent, 1, scope),
    ].flatMap(({ message, detail }) => [message, detail]),
  ];
  for (const text of texts) assertHarmless(text, text);
});

test('an item of a pick draws no picture and no line of a name', () => {
  const profile: ServerProfile = {
    name: `n${evil}`,
    signal: `s${evil}`,
    pskIdentity: `i${evil}`,
    ownPrefixes: [],
    quirks: [],
    production: true,
  };
  for (const active of [profile.name, `gone${evil}`]) {
    for (const item of profileItems({ file: '/p.json', state: 'read', profiles: [profile] }, active)) {
      for (const text of [item.label, item.description ?? '', item.detail ?? '']) {
        assertHarmless(text, text);
        assert.doesNotMatch(text.replace(/^\$\(/, ''), /\$\(|\n/, text);
      }
    }
  }
});

test('neither do the links over a document and the status bar item of its profile', () => {
  const server = { signal: `s${evil}`, production: true };
  for (const profiles of [{ [`n${evil}`]: server }, {}]) {
    const destination = destinationOf({
      document: `d${evil}`,
      channel: 'signal',
      workspace: { file: `w${evil}`, faulty: false, context: { profile: `n${evil}` } },
      profiles: { file: `p${evil}`, state: 'read', profiles: profilesOf({ profiles }) },
    });
    const counts = { error: 0, warning: 0, hint: 0 };
    const state = { kind: 'mitigation-scope', direction: 'request', requestErrors: 0, counts, destination } as const;
    const { text, tooltip, label } = profileText(destination, 'mock');
    const actions = documentActions(state as never);
    assertHarmless(tooltip, tooltip);
    for (const each of [text.replace(/^\$\(/, ''), label, ...actions.map(({ title }) => title)])
      assert.doesNotMatch(each, /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u, each);
    for (const each of [text.replace(/^\$\(/, ''), ...actions.map(({ title }) => title)])
      assert.doesNotMatch(each, /\$\(/, each);
    for (const each of actions) assertHarmless(each.tooltip, each.tooltip);
    assertHarmless(profileText(null, `a${evil}`).tooltip, 'active');
  }
});
