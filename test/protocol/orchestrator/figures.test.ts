import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test, type TestContext } from 'node:test';
import { DataSession } from '#dots/data/session';
import { DotsServer } from '#dots/dotsServer/listeners/dotsServer';
import type { JsonObject } from '#dots/model/json';
import { PolicyMitigator } from '#dots/orchestrator/policyMitigator';
import { rulesInForce } from '#dots/orchestrator/rulesInForce';
import { systemClock } from '#dots/runtime/clock';
import { SignalSession } from '#dots/signal/session';
import { readCredentials } from '#dots/transport/certificates/credentialFiles';
import { policyOf } from '#dots/workspace/policy/policy';
import { temporaryFolder } from '../../support/protocol/scene';
import { needShared } from '../../support/shared';

/** One node, a customer with a web server, and a DMS that offloads. */
const policy = policyOf({
  clients: [
    { name: 'web-1', 'own-prefixes': ['192.0.2.0/24'] },
    { name: 'scrubber-1', role: 'dms', 'own-prefixes': ['192.0.2.0/24'] },
  ],
  links: [{ name: 'transit-1', capacity: 10_000_000_000 }],
  nodes: [{ name: 'edge-1', links: ['transit-1'], rules: 100 }],
  dms: [],
  strategies: [{ name: 'offload', filter: ['edge-1'] }],
});

interface FiguresScene {
  signal(name: string): Promise<SignalSession>;
  /** Sends a figure as the DMS, and returns the code of the answer with its text. */
  send(figure: string, mid?: number): Promise<string>;
  /** The rules that are in force on the node. */
  rules(): string[];
}

async function figuresScene(t: TestContext, corpus: string): Promise<FiguresScene> {
  const mitigator = new PolicyMitigator({ policy, clock: systemClock, log: () => undefined });
  const server = await DotsServer.start(mitigator, {
    stateDir: await temporaryFolder(t),
    clients: policy.clients.map(({ name, ownPrefixes, role }) => ({ name, ownPrefixes, offloads: role === 'dms' })),
  });
  const closers: (() => Promise<void>)[] = [];
  t.after(async () => {
    for (const close of closers) await close();
    await server.close();
    mitigator.close();
  });
  const { coaps, coapsTcp, data } = server.addresses;
  const filesOf = (name: string) => server.files.clients.get(name) ?? assert.fail(name);
  const signal = async (name: string): Promise<SignalSession> => {
    const [address, files] = [coaps ?? coapsTcp, filesOf(name)];
    const credentials = await readCredentials(address, files);
    const session = await SignalSession.open({ server: address, cuid: files.cuid, credentials });
    closers.push(() => session.close());
    return session;
  };
  const files = filesOf('scrubber-1');
  const dms = await signal('scrubber-1');
  const acls = await DataSession.open({ server: data, ...files });
  closers.push(() => acls.close());
  return {
    signal,
    rules: () => rulesInForce(server.snapshot(), 'edge-1').rules.map(({ text }) => text),
    send: async (figure, mid = 1) => {
      const document = JSON.parse(readFileSync(`${corpus}/hayashi-offload-01-fig${figure}.json`, 'utf8')) as JsonObject;
      if ('ietf-dots-data-channel:acls' in document) {
        const { answer } = await acls.install(document);
        return `${answer.status} ${answer.errors.map(({ message }) => message).join(' ')}`.trim();
      }
      const { code, diagnostic = '' } = await dms.requestMitigation(document, mid);
      return `${code} ${diagnostic}`.trim();
    },
  };
}

const figures: readonly [
  what: string,
  sent: readonly (readonly [figure: string, answer: RegExp])[],
  rules: string[],
][] = [
  [
    'figure 4: each reflector with its port',
    [['04.conformant', /^201$/]],
    [
      'dst 192.0.2.2/32, src 203.0.113.2/32, udp, src port 53 -> discard',
      'dst 192.0.2.2/32, src 203.0.113.3/32, udp, src port 53 -> discard',
    ],
  ],
  [
    'figure 5, TCP: the ports that are attacked',
    [['05.conformant-1of2', /^2\.01$/]],
    ['dst 192.0.2.2/32, tcp, dst port 80 or 443 -> discard'],
  ],
  [
    'figure 5, UDP: the later request replaces the earlier one',
    [
      ['05.conformant-1of2', /^2\.01$/],
      ['05.conformant-2of2', /^2\.01$/],
    ],
    ['dst 192.0.2.2/32, udp, dst port 53 or 123 -> discard'],
  ],
  [
    'figure 6: a reflector with its ports; the later request replaces the earlier one',
    [
      ['06.conformant-1of2', /^2\.01$/],
      ['06.conformant-2of2', /^2\.01$/],
    ],
    ['dst 192.0.2.2/32, src 203.0.113.3/32, tcp, src port 19 or 11211 -> discard'],
  ],
  [
    'figure 7: source ports alone',
    [['07.conformant', /^2\.01$/]],
    ['dst 192.0.2.2/32, tcp, src port 19 or 53 or 123 or 11211 -> discard'],
  ],
  ['figure 8: nothing yet', [['08.conformant', /^201$/]], []],
  [
    'figure 9: the ACL of figure 8 alone, not all UDP',
    [
      ['08.conformant', /^201$/],
      ['09.conformant', /^2\.01$/],
    ],
    ['dst 192.0.2.2/32, udp, src port 53 -> discard', 'dst 192.0.2.2/32, udp, src port 123 -> discard'],
  ],
  ['figure 10: nothing yet', [['10.conformant', /^201$/]], []],
  [
    'figure 11: the ACL of figure 10 alone, not all TCP',
    [
      ['10.conformant', /^201$/],
      ['11.conformant', /^2\.01$/],
    ],
    ['dst 192.0.2.2/32, tcp, dst port 80 -> discard', 'dst 192.0.2.2/32, tcp, dst port 20 -> discard'],
  ],
];

for (const [what, sent, expected] of figures)
  test(`${what}: sent by a DMS in its conformant form, exactly these rules are on the node`, async (t) => {
    const corpus = needShared(t, 'corpus');
    if (corpus === undefined) return;
    const { send, rules } = await figuresScene(t, corpus);
    for (const [index, [figure, answer]] of sent.entries()) assert.match(await send(figure, index + 1), answer);
    assert.deepEqual(rules(), expected);
  });

test('figure 5 against a web server: refused, naming the baseline', async (t) => {
  const corpus = needShared(t, 'corpus');
  if (corpus === undefined) return;
  const { send, rules, signal } = await figuresScene(t, corpus);
  const baseline = {
    id: 1,
    'target-prefix': ['192.0.2.0/24'],
    'target-port-range': [{ 'lower-port': 80 }, { 'lower-port': 443 }],
    'target-protocol': [6],
    'total-traffic-normal': [{ unit: 'megabit-ps', 'mid-percentile-g': '60' }],
  };
  const setup = { 'ietf-dots-telemetry:telemetry-setup': { telemetry: [{ baseline: [baseline] }] } };
  const { code, diagnostic } = await (await signal('web-1')).send(setup, { mid: 1 });
  assert.equal(code, '2.01', diagnostic);
  assert.match(await send('05.conformant-1of2'), /^5\.03 .*baseline 1 of web-1/);
  assert.deepEqual(rules(), []);
  assert.match(await send('05.conformant-2of2', 2), /^2\.01/);
});
