import assert from 'node:assert/strict';
import { test } from 'node:test';
import { destinationError, destinationOf, type Destination, type DestinationQuery } from '#dots/workspace/destination';
import { profilesOf } from '#dots/workspace/workspaceFile';
import type { JsonObject } from '#dots/model/json';

const lab = { signal: 'coap://127.0.0.1:4646', data: 'https://127.0.0.1', ca: '/ca.pem', cuid: 'of-lab' };
const half = { data: 'https://dots.example.net', cuid: 'of-half' };
const upstream = { signal: 'coaps://dots.example.net', 'psk-identity': 'me', production: true };

interface Scene extends Partial<Omit<DestinationQuery, 'profiles' | 'workspace'>> {
  profiles?: JsonObject;
  state?: DestinationQuery['profiles']['state'];
  workspace?: Partial<DestinationQuery['workspace']>;
}

function destination({ profiles = { lab, half, upstream }, state = 'read', workspace, ...more }: Scene): Destination {
  return destinationOf({
    document: 'a.dots.json',
    channel: 'signal',
    profiles: { file: 'p.json', state, profiles: profilesOf(state === 'read' ? { profiles } : {}) },
    workspace: { file: 'dots.workspace.json', faulty: false, context: {}, ...workspace },
    ...more,
  });
}

/** What a target may not turn out to be. */
const otherThan = [{ name: 'upstream', signal: upstream.signal }];

const ofLab = {
  kind: 'server',
  profile: 'lab',
  namedBy: 'workspace',
  server: lab.signal,
  cuid: 'of-lab',
  otherThan,
  credentials: { ca: '/ca.pem' },
};

test('what the user says counts before the workspace file, that before the active profile; the mock needs no address', () => {
  const context = { profile: 'lab', mid: 12 };
  const cases: [string, Scene, object][] = [
    ['nothing but an active mock', { activeProfile: 'mock' }, { kind: 'mock', profile: 'mock', namedBy: 'active' }],
    ['an active profile', { activeProfile: 'lab' }, { ...ofLab, namedBy: 'active' }],
    ['the workspace file', { activeProfile: 'half', workspace: { context } }, { ...ofLab, mid: 12 }],
    [
      'its cuid counts before that of the profile',
      { workspace: { context: { ...context, cuid: 'of-file' } } },
      { ...ofLab, mid: 12, cuid: 'of-file' },
    ],
    [
      'the mock, by the workspace file',
      { activeProfile: 'lab', workspace: { context: { profile: 'mock', cuid: 'c' } } },
      { kind: 'mock', profile: 'mock', namedBy: 'workspace', cuid: 'c' },
    ],
    [
      'a profile that the user names brings its own cuid',
      { given: { profile: 'half' }, workspace: { context }, channel: 'data' },
      {
        kind: 'server',
        profile: 'half',
        namedBy: 'user',
        server: half.data,
        cuid: 'of-half',
        mid: 12,
        otherThan,
        credentials: {},
      },
    ],
    [
      'an address that the user names is reached without the credentials of the profile, as the same client',
      { given: { server: 'coap://127.0.0.1:1' }, workspace: { context } },
      { kind: 'server', server: 'coap://127.0.0.1:1', cuid: 'of-lab', mid: 12, otherThan, credentials: {} },
    ],
    [
      'an address and a profile that the user names, with identifiers',
      { given: { server: 'coap://127.0.0.1:1', profile: 'lab', cuid: 'x', mid: 7 }, workspace: { context } },
      { ...ofLab, namedBy: 'user', server: 'coap://127.0.0.1:1', cuid: 'x', mid: 7 },
    ],
  ];
  for (const [name, scene, expected] of cases) assert.deepEqual(destination(scene), expected, name);
});

test('each reason not to send is one sentence, with the next step', () => {
  const named = (profile: string, more: Scene = {}): Scene => ({ workspace: { context: { profile } }, ...more });
  const cases: [Scene, string][] = [
    [named('gone'), 'There is no profile "gone" in p.json. It has lab, half, upstream.'],
    [named('gone', { profiles: {} }), 'There is no profile "gone" in p.json. It has none.'],
    [named('lab', { state: 'absent' }), 'There is no profile "lab": there is no profiles file. Write one as p.json.'],
    [
      named('lab', { state: 'faulty' }),
      'The profile "lab" cannot be used: p.json has errors. Correct its errors first.',
    ],
    [named('half'), 'The profile "half" names no signal channel. Add "signal" to it in p.json.'],
    [named('lab', { state: 'off' }), 'Nothing is sent from an untrusted folder. Trust the folder first.'],
    [
      { activeProfile: 'mock', workspace: { faulty: true } },
      'dots.workspace.json has errors, so the target of a.dots.json is unknown. Correct its errors first.',
    ],
    [
      { activeProfile: 'mock', workspace: { context: { direction: 'status' } } },
      `The workspace file marks this document as a server's status ("direction" in dots.workspace.json), so it cannot be sent.`,
    ],
    [{}, 'No server is named.'],
  ];
  for (const [scene, sentence] of cases) {
    const found = destination(scene);
    assert.ok(found.kind === 'none', sentence);
    const { code, message, hint } = destinationError(found.problem);
    assert.equal([message, hint].filter((part) => part !== undefined).join(' '), sentence);
    assert.equal(code, `destination/${found.problem.code}`);
  }
});

test('a server is one of production by its profile, by its address, and by doubt', () => {
  const production = (scene: Scene): object | undefined => {
    const found = destination(scene);
    return found.kind === 'server' ? found.production : undefined;
  };
  assert.deepEqual(production({ activeProfile: 'upstream' }), {
    by: 'upstream',
    reason: 'The profile "upstream" is marked as production',
  });
  const alias = { lab: { signal: 'DOTS.example.net:4646' }, upstream };
  assert.deepEqual(production({ activeProfile: 'lab', profiles: alias }), {
    by: 'upstream',
    reason: '"lab" leads to DOTS.example.net:4646, which the profile "upstream" marks as production',
  });
  const server = 'coaps://dots.example.net';
  assert.deepEqual(production({ given: { server } }), {
    by: 'upstream',
    reason: `${server} is the address of the profile "upstream", which is marked as production`,
  });
  assert.deepEqual(production({ given: { server }, state: 'faulty' }), {
    reason: `p.json has errors, so whether ${server} is a production server is unknown`,
  });
  assert.equal(production({ given: { server: 'coap://127.0.0.1' } }), undefined);
});
