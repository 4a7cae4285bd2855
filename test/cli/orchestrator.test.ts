import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { dots, folder, startMock } from '../support/dots';
import { root } from '../support/shared';

const lab = join(root, 'examples/orchestrator/lab.orchestrator.json');

const request = JSON.stringify({
  'ietf-dots-signal-channel:mitigation-scope': { scope: [{ 'target-prefix': ['192.0.2.10/32'], lifetime: 3600 }] },
});

interface Status {
  mitigations: { client: string; dms: string | null; nodes: string[]; strategy: string }[];
  dms: { name: string; fault: string | null }[];
  nodes: { name: string; rules: number; budget: number }[];
  traffic: { name: string; to: string; vector: string | null }[];
}

/** A mock with the policy of the example, and what asks it. */
async function scene(t: TestContext, state = join(folder(t), 'state')) {
  const { ready, child } = await startMock(t, '--policy', lab, '--state', state);
  const ask = (...words: string[]) => dots(['orchestrator', '--state', state, ...words]);
  const send = () => dots(['send', '-', '--profiles', String(ready.profiles), '--profile', 'web-1'], request).status;
  const status = (): Status => JSON.parse(ask('status', '--format', 'json').out) as Status;
  return { state, child, ask, send, status };
}

test('it shows who carries out a request of a client, the rules for it, and why', async (t) => {
  const { state, ask, send, status } = await scene(t);
  assert.equal(statSync(join(state, 'control')).mode & 0o777, 0o600);
  assert.equal(send(), 0);
  const [mitigation] = status().mitigations;
  assert.deepEqual([mitigation?.client, mitigation?.dms], ['web-1', 'scrubber-1']);
  assert.deepEqual(
    status().nodes.map(({ name, budget }) => [name, budget]),
    [
      ['edge-1', 1000],
      ['edge-2', 200],
    ],
  );
  const rules = dots(['flowspec', '--state', state, '--node', 'edge-1', '--format', 'json']).out;
  assert.equal(ask('rules', 'edge-1', '--format', 'json').out, rules);
  assert.match(ask('rules', 'edge-1').out, /redirect 64500:1[^]*Order: proved/);
  const decision = JSON.parse(ask('decisions', '--format', 'json').out) as { time: string; text: string };
  assert.match(decision.text, /^web-1: scrubber-1/);
  assert.ok(!Number.isNaN(Date.parse(decision.time)));
  assert.match(ask('decisions').out, /^\d\d:\d\d:\d\d web-1: scrubber-1/);
  assert.match(ask('status').out, /web-1 +192\.0\.2\.10\/32 .* by scrubber-1, strategy "unknown volume"/);
});

test('attacks begin by a vector or a file, and end', async (t) => {
  const { ask, status } = await scene(t);
  const names = (): string[] => status().traffic.map(({ name }) => name);
  assert.equal(ask('attack', 'ntp-amplification', '--to', '192.0.2.20/32', '--rate', '5000000').status, 0);
  assert.deepEqual(names(), ['web', 'amplified answers', 'ntp-amplification']);
  assert.equal(status().traffic[2]?.to, '192.0.2.20/32');
  const files = folder(t, {
    'a.json': JSON.stringify({
      traffic: [{ name: 'flood', kind: 'attack', vector: 'syn-flood', to: '192.0.2.30', rate: 1000 }],
    }),
    'wrong.json': JSON.stringify({ traffic: [{ name: 'x', kind: 'attack', to: '192.0.2.30', rate: -1 }] }),
    'link.json': JSON.stringify({
      traffic: [{ name: 'x', kind: 'attack', to: '192.0.2.30', rate: 1, enters: { 'transit-9': 1 } }],
    }),
  });
  assert.match(ask('attack', join(files, 'a.json')).out, /^Begun: flood\./);
  const wrong = ask('attack', join(files, 'wrong.json'));
  assert.deepEqual([wrong.status, /wrong\.json:1:\d+ error "rate" must be/.test(wrong.err)], [2, true]);
  assert.match(ask('attack', join(files, 'link.json')).err, /No link is called "transit-9"/);
  assert.equal(ask('attack', join(files, 'none.json')).status, 2);
  assert.match(ask('stop', 'amplified answers').out, /^Ended: amplified answers\./);
  assert.match(ask('stop').out, /^Ended: ntp-amplification, flood\./);
  assert.deepEqual(names(), ['web']);
  assert.match(ask('stop', 'flood').err, /No traffic is called "flood".* There is: web\./);
});

test('a DMS with a fault is passed over, and its fault is shown until it ends', async (t) => {
  const { ask, send, status } = await scene(t);
  assert.match(ask('fault', 'refuses', 'scrubber-1').out, /^scrubber-1: refuses further requests/);
  assert.deepEqual(
    status().dms.map(({ fault }) => fault),
    ['refuses', null],
  );
  assert.equal(send(), 0);
  for (let by: string | null | undefined; by !== 'provider-b';) by = status().mitigations[0]?.dms;
  assert.match(ask('fault', 'none').out, /^scrubber-1, provider-b: without a fault/);
  assert.ok(status().dms.every(({ fault }) => fault === null));
  assert.match(ask('fault', 'tired').err, /"tired" is no fault of a DMS\. Choose one of: silent/);
  assert.match(ask('fault', 'silent', 'provider-x').err, /"provider-x" is no simulated DMS/);
});

test('without a running mock, or with words that are no action, it says what to do', async (t) => {
  const { child, state, ask } = await scene(t);
  child.kill('SIGKILL');
  await new Promise((resolve) => child.once('exit', resolve));
  const gone = ask('status');
  assert.deepEqual([gone.status, /No dots mock of yours runs .* Start it: dots mock/.test(gone.err)], [3, true]);
  for (const words of [['none'], [], ['rules'], ['status', 'x'], ['stop', '--rate', '5']])
    assert.equal(ask(...words).status, 2, words.join(' '));
  assert.match(dots(['orchestrator', 'status']).err, /--state DIR is missing/);
  // What others may write to can be a socket of theirs.
  const again = await scene(t, state);
  assert.equal(again.ask('status').status, 0);
  chmodSync(join(state, 'control'), 0o622);
  assert.equal(again.ask('status').status, 3);
});

test('a state folder whose path is too long for a socket is no obstacle', async (t) => {
  const state = join(folder(t), 'a'.repeat(90), 'b'.repeat(90));
  mkdirSync(state, { recursive: true, mode: 0o700 });
  const { ask } = await scene(t, state);
  assert.equal(ask('status').status, 0);
});

test('without a policy there is no simulated network to ask about', async (t) => {
  const state = folder(t);
  await startMock(t, '--state', state);
  writeFileSync(join(state, 'note.json'), '{}');
  const ran = dots(['orchestrator', '--state', state, 'status']);
  assert.deepEqual([ran.status, /was started without a policy/.test(ran.err)], [2, true]);
});
