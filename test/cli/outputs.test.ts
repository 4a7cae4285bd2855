import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { commands } from '../../cli/src/run';
import { acls, faulty, folder, request, startMock } from '../support/dots';
import { checkOutput } from '../support/outputs';
import { runHere } from '../support/runHere';
import { root } from '../support/shared';

/** What the rows of the table name. */
interface Scene {
  file: (name: string) => string;
  ledger: string[];
  /** Options for the signal channel of a mock, over a plain path. */
  signal: string[];
  /** The same for its data channel. */
  data: string[];
  /** A server that takes everything and says nothing. */
  silent: string[];
  /** The state folder of a mock with a policy. */
  orchestrator: string;
  /** The mock over DTLS, with the CA of another one. */
  distrusted: string[];
}

const lab = 'examples/orchestrator/lab.orchestrator.json';

/** One run: what it prints has a form, and it ends with a status. */
interface Row {
  words: (scene: Scene) => string[];
  form: string;
  status: number;
}

const of =
  (...words: string[]) =>
  (to: 'signal' | 'data' | 'silent' | 'distrusted') =>
  (scene: Scene): string[] => [...words, ...scene[to]];

/** A command about a server: it is answered, it meets silence, and the server is not the one that was meant. */
const askedOf = (form: string, ...words: string[]): Row[] => [
  { words: of(...words)('signal'), form, status: 0 },
  { words: of(...words)('silent'), form, status: 3 },
  { words: of(...words)('distrusted'), form, status: 3 },
];

const withFile =
  (to: 'signal' | 'data' | 'silent' | 'distrusted', before: string[], file: string, ...after: string[]) =>
  (scene: Scene): string[] => [...before, scene.file(file), ...after, ...scene[to]];

const asked =
  (...words: string[]) =>
  ({ orchestrator }: Scene): string[] => ['orchestrator', '--state', orchestrator, ...words];

const freePorts = ['--secure-port', '0', '--data-port', '0'];

/** The runs of each command, in an order in which one leads to the next. A new command needs rows here. */
const table: Readonly<Record<string, readonly Row[]>> = {
  validate: [
    { words: ({ file }) => ['validate', file('a.dots.json')], form: 'validate', status: 0 },
    { words: ({ file }) => ['validate', file('faulty.dots.json')], form: 'validate', status: 1 },
    { words: () => ['validate'], form: 'failure', status: 2 },
  ],
  send: [
    { words: withFile('signal', ['send'], 'a.dots.json', '--mid', '7'), form: 'signalAnswer', status: 0 },
    { words: withFile('signal', ['send'], 'a.dots.json', '--dry-run'), form: 'dryRun', status: 0 },
    { words: withFile('data', ['send'], 'acl.dots.json', '--dry-run'), form: 'dryRun', status: 0 },
    { words: withFile('data', ['send'], 'mapping.dots.json', '--dry-run'), form: 'dryRun', status: 0 },
    { words: withFile('data', ['send'], 'acl.dots.json'), form: 'dataInstalled', status: 0 },
    { words: withFile('signal', ['send'], 'a.dots.json', '--mid', '6'), form: 'signalAnswer', status: 1 },
    { words: withFile('signal', ['send'], 'faulty.dots.json'), form: 'signalAnswer', status: 1 },
    { words: withFile('silent', ['send'], 'b.dots.json', '--mid', '3'), form: 'signalAnswer', status: 3 },
    { words: withFile('distrusted', ['send'], 'b.dots.json', '--mid', '3'), form: 'signalAnswer', status: 3 },
    { words: withFile('signal', ['send'], 'none.dots.json'), form: 'signalAnswer', status: 2 },
  ],
  status: [...askedOf('mitigations', 'status'), { words: of('status', '8')('signal'), form: 'mitigations', status: 1 }],
  watch: [
    { words: of('watch', '8')('signal'), form: 'event', status: 1 },
    ...askedOf('event', 'watch').slice(1),
    { words: of('watch', '--query', 'x')('signal'), form: 'failure', status: 2 },
  ],
  refresh: [
    ...askedOf('mitigations', 'refresh', '--all').slice(0, 1),
    { words: of('refresh', '8')('signal'), form: 'mitigations', status: 2 },
  ],
  efficacy: [
    ...askedOf('mitigations', 'efficacy', '--all', '--attack-status', 'under-attack').slice(0, 1),
    { words: of('efficacy')('signal'), form: 'failure', status: 2 },
  ],
  withdraw: [
    ...askedOf('mitigations', 'withdraw', '7'),
    { words: of('withdraw')('signal'), form: 'failure', status: 2 },
  ],
  config: [
    ...askedOf('resource', 'config'),
    { words: withFile('signal', ['config', 'set'], 'config.dots.json'), form: 'resource', status: 1 },
    { words: of('config', 'reset')('signal'), form: 'resource', status: 0 },
    { words: of('config', 'none')('signal'), form: 'resource', status: 2 },
  ],
  telemetry: [
    { words: withFile('signal', ['telemetry', 'send'], 'tm.dots.json'), form: 'resource', status: 0 },
    ...askedOf('resource', 'telemetry', 'get'),
    { words: of('telemetry', 'setup', 'get')('signal'), form: 'resource', status: 0 },
    { words: of('telemetry', 'delete', '--all')('signal'), form: 'resource', status: 0 },
    { words: of('telemetry', 'watch')('signal'), form: 'event', status: 1 },
  ],
  ready: [
    {
      words: ({ file, ledger }) => ['ready', '--profiles', file('dots.profiles.json'), '--profile', 'lab', ...ledger],
      form: 'ready',
      status: 1,
    },
    {
      words: ({ file, ledger }) => [
        'ready',
        '--profiles',
        file('dots.profiles.json'),
        '--profile',
        'wrong-ca',
        ...ledger,
      ],
      form: 'ready',
      status: 3,
    },
    { words: ({ file }) => ['ready', '--profiles', file('dots.profiles.json')], form: 'failure', status: 2 },
  ],
  session: [
    { words: () => ['session', 'status'], form: 'sessions', status: 3 },
    { words: () => ['session', 'none'], form: 'failure', status: 2 },
  ],
  ledger: [
    { words: ({ ledger }) => ['ledger', ...ledger], form: 'ledger', status: 0 },
    { words: () => ['ledger', 'x'], form: 'failure', status: 2 },
  ],
  data: [
    { words: of('data', 'get')('data'), form: 'data', status: 0 },
    { words: withFile('data', ['data', 'install'], 'acl.dots.json'), form: 'data', status: 0 },
    { words: of('data', 'refresh')('data'), form: 'data', status: 0 },
    { words: of('data', 'get', 'acls', 'none')('data'), form: 'data', status: 1 },
    { words: of('data', 'none')('data'), form: 'data', status: 2 },
  ],
  encode: [
    { words: ({ file }) => ['encode', file('a.dots.json'), '--cuid', 'c', '--mid', '1'], form: 'encode', status: 0 },
    { words: ({ file }) => ['encode', file('tm.dots.json')], form: 'encode', status: 0 },
    { words: ({ file }) => ['encode', file('no.json')], form: 'failure', status: 1 },
    { words: () => ['encode'], form: 'failure', status: 2 },
  ],
  decode: [
    { words: () => ['decode', '--hex', 'a11831a11833f5'], form: 'decode', status: 0 },
    { words: () => ['decode', '--hex', 'a1'], form: 'failure', status: 1 },
    { words: () => ['decode', 'a', '--hex', 'a1'], form: 'failure', status: 2 },
  ],
  discover: [
    {
      words: ({ silent: [, server = ''] }) => [
        ...['discover', 'example.net', '--timeout', '1'],
        ...['--resolver', server.replace('coap://', '')],
      ],
      form: 'failure',
      status: 3,
    },
    { words: () => ['discover'], form: 'failure', status: 2 },
  ],
  flowspec: [
    { words: ({ file }) => ['flowspec', file('a.dots.json')], form: 'flowspec', status: 0 },
    { words: ({ file }) => ['flowspec', file('acl.dots.json'), '--explain'], form: 'flowspec', status: 0 },
    {
      words: ({ file }) => ['flowspec', file('b.dots.json'), '--action', 'redirect:[2001:db8::1]:1'],
      form: 'flowspec',
      status: 0,
    },
    { words: ({ file }) => ['flowspec', file('faulty.dots.json')], form: 'flowspec', status: 1 },
    {
      words: ({ file }) => ['flowspec', file('a.dots.json'), '--compare', file('b.dots.json')],
      form: 'flowspecChanges',
      status: 0,
    },
    { words: ({ file }) => ['flowspec', '--state', file('')], form: 'flowspec', status: 0 },
    {
      words: () => ['flowspec', '--decode', '0c0118c0000203811105910035', '--family', 'ipv4'],
      form: 'flowspecDecoded',
      status: 0,
    },
    {
      words: () => ['flowspec', '--decode', '03058716', '--family', 'ipv6', '--explain'],
      form: 'flowspecDecoded',
      status: 0,
    },
    { words: ({ file }) => ['flowspec', file('no.json')], form: 'failure', status: 1 },
    { words: () => ['flowspec'], form: 'failure', status: 2 },
  ],
  orchestrator: [
    { words: asked('status'), form: 'orchestratorStatus', status: 0 },
    { words: asked('decisions'), form: 'orchestratorDecision', status: 0 },
    { words: asked('rules', 'edge-1'), form: 'flowspec', status: 0 },
    { words: asked('rules', 'none'), form: 'failure', status: 2 },
    { words: asked('attack', 'syn-flood'), form: 'orchestratorDone', status: 0 },
    { words: asked('stop'), form: 'orchestratorDone', status: 0 },
    { words: asked('fault', 'silent', 'scrubber-1'), form: 'orchestratorDone', status: 0 },
    { words: asked('fault', 'none'), form: 'orchestratorDone', status: 0 },
    { words: ({ file }) => ['orchestrator', 'status', '--state', file('none')], form: 'failure', status: 3 },
    { words: () => ['orchestrator', 'status'], form: 'failure', status: 2 },
  ],
  mock: [
    { words: () => ['mock', ...freePorts], form: 'mockReady', status: 0 },
    { words: () => ['mock', '--plain', '--signal-port', '0', ...freePorts], form: 'mockReady', status: 0 },
    { words: () => ['mock', '--policy', join(root, lab), ...freePorts], form: 'mockReady', status: 0 },
    { words: ({ file }) => ['mock', 'cert', 'edge-2', '--state', file('mock')], form: 'mockCertificate', status: 0 },
    { words: () => ['mock', 'none'], form: 'failure', status: 2 },
  ],
};

const telemetry = {
  'ietf-dots-telemetry:telemetry': {
    'pre-or-ongoing-mitigation': [
      {
        target: { 'target-prefix': ['192.0.2.0/24'] },
        'total-attack-traffic': [{ unit: 'megabit-ps', 'mid-percentile-g': '900' }],
      },
    ],
  },
};
const config = {
  'ietf-dots-signal-channel:signal-config': {
    'mitigating-config': { 'heartbeat-interval': { 'current-value': 5 } },
  },
};

const mapping = {
  'ietf-dots-mapping:vendor-mapping': {
    vendor: [
      {
        'vendor-id': 345,
        'last-updated': '1629898958',
        'attack-mapping': [{ 'attack-id': 1, 'attack-description': 'a flood' }],
      },
    ],
  },
};

async function scene(t: TestContext): Promise<Scene> {
  const orchestrator = folder(t);
  const [{ signal, ready }, other, decided] = await Promise.all([
    startMock(t),
    startMock(t),
    startMock(t, '--policy', lab, '--state', orchestrator),
  ]);
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  t.after(() => socket.close());
  await once(socket, 'listening');
  const path = folder(t, {
    'a.dots.json': request,
    'b.dots.json': request.replace('192.0.2.0', '203.0.113.0'),
    'faulty.dots.json': faulty,
    'no.json': '{',
    'acl.dots.json': acls,
    'tm.dots.json': JSON.stringify(telemetry),
    'mapping.dots.json': JSON.stringify(mapping),
    'config.dots.json': JSON.stringify(config),
  });
  const ledger = ['--ledger', join(path, 'ledger')];
  const asClient = ['--profiles', String(decided.ready.profiles), '--profile', 'web-1', ...ledger];
  assert.equal((await runHere(['send', join(path, 'a.dots.json'), ...asClient])).status, 0);
  const client = ['--cuid', 'dz6pHjaADkaFTbjr0JGBpw', ...ledger];
  const proofs = ['cert', 'key'].flatMap((name) => [`--${name}`, String(ready[name])]);
  const profile = { signal: ready.coaps, data: ready.data, ca: ready.ca, certificate: ready.cert, key: ready.key };
  const profiles = { lab: profile, 'wrong-ca': { ...profile, ca: other.ready.ca } };
  writeFileSync(join(path, 'dots.profiles.json'), JSON.stringify({ profiles }));
  return {
    ledger,
    orchestrator,
    file: (name) => join(path, name),
    signal: ['--server', signal, ...client],
    data: ['--server', String(ready.data), '--ca', String(ready.ca), ...proofs, ...ledger],
    silent: ['--server', `coap://127.0.0.1:${socket.address().port}`, '--timeout', '1', ...client],
    distrusted: ['--server', String(ready.coaps), '--ca', String(other.ready.ca), ...proofs, ...client],
  };
}

/** The objects that a run printed: one, or one to a line. */
function objectsOf(out: string, form: string): Record<string, unknown>[] {
  const texts = ['event', 'orchestratorDecision'].includes(form) ? out.trimEnd().split('\n') : [out];
  return texts.map((text) => JSON.parse(text) as Record<string, unknown>);
}

test('with --format json every command prints a published form, in success and in failure', async (t) => {
  const made = await scene(t);
  const codes = new Map<string, Set<string>>([
    ['silent', new Set()],
    ['distrusted', new Set()],
  ]);
  for (const [command, rows] of Object.entries(table))
    for (const { words, form, status } of rows) {
      const said = words(made);
      const stopped = command === 'mock' ? Promise.resolve() : undefined;
      const ran = await runHere([...said, '--format', 'json'], stopped);
      const objects = objectsOf(ran.out, form);
      for (const object of objects) {
        checkOutput(form, object);
        if (form !== 'decode') assert.equal(object.version, 1);
      }
      assert.equal(ran.status, status, `${command}: ${said.join(' ')}: ${ran.out}${ran.err}`);
      for (const [name, found] of codes)
        if (status === 3 && said.includes(made[name as 'silent'][1] ?? ''))
          for (const [, code = ''] of ran.out.matchAll(/"code": ?"([a-z]+\/[a-z-]+)"/g)) found.add(code);
    }
  const [silence = new Set(), distrust = new Set()] = codes.values();
  assert.ok(silence.size > 0 && distrust.size > 0);
  for (const code of silence) assert.ok(!distrust.has(code), `${code} does not tell silence from a failed check`);
});

test('every command that prints JSON has rows in the table', async () => {
  for (const [name, load] of commands) {
    const format = (await load()).options.find((option) => option.name === 'format');
    if (format?.choices?.includes('json') !== true) continue;
    assert.ok((table[name] ?? []).length > 0, `dots ${name} has no row in test/cli/outputs.test.ts`);
  }
});
