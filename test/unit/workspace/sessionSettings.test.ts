import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configFaults } from '#dots/workspace/ownFileFaults';
import { destinationOf } from '#dots/workspace/destination';
import { productionServers, productionOf } from '#dots/workspace/production';
import { profilesOf } from '#dots/workspace/workspaceFile';

const file = {
  profiles: {
    upstream: {
      signal: 'coaps://dots.example.net',
      production: true,
      alternates: ['coaps://192.0.2.1', '[2001:db8::1]:4700'],
      'local-addresses': ['198.51.100.1', '2001:db8::2'],
      'session-config': {
        'idle-config': { 'heartbeat-interval': 0, 'ack-timeout': '1.5' },
      },
    },
    plain: { signal: 'coaps://dots.example.org' },
  },
};

const profiles = { file: 'profiles.json', state: 'read', profiles: profilesOf(file) } as const;

test('a profile says how its session is kept, and the configuration has the form of a request', () => {
  assert.deepEqual(configFaults('profiles', file), []);
  assert.deepEqual(profiles.profiles.get('upstream')?.session, {
    alternates: ['coaps://192.0.2.1', '[2001:db8::1]:4700'],
    localAddresses: ['198.51.100.1', '2001:db8::2'],
    configuration: {
      'ietf-dots-signal-channel:signal-config': {
        'idle-config': {
          'heartbeat-interval': { 'current-value': 0 },
          'ack-timeout': { 'current-value-decimal': '1.50' },
        },
      },
    },
  });
  assert.ok(!('session' in (profiles.profiles.get('plain') ?? {})));
});

test('values that cannot be settings are faults of the profiles file', () => {
  const faults = (profile: object): string[] =>
    configFaults('profiles', { profiles: { x: profile } } as never).map(({ pointer }) => pointer);
  assert.deepEqual(
    faults({
      alternates: ['https://dots.example.net/'],
      'local-addresses': ['eth0'],
      'session-config': { 'idle-config': { 'heartbeat-interval': -1, 'ack-timeout': 2 }, 'other-config': {} },
    }),
    [
      '/profiles/x/alternates/0',
      '/profiles/x/local-addresses/0',
      '/profiles/x/session-config/idle-config/heartbeat-interval',
      '/profiles/x/session-config/idle-config/ack-timeout',
      '/profiles/x/session-config/other-config',
    ],
  );
});

test('the settings are those of the target, unless another address was named for this time', () => {
  const query = { workspace: { faulty: false, context: {} }, profiles, document: 'a', channel: 'signal' } as const;
  const target = destinationOf({ ...query, given: { profile: 'upstream' } });
  assert.equal('session' in target && target.session?.alternates?.length, 2);
  const elsewhere = destinationOf({ ...query, given: { profile: 'upstream', server: 'coaps://192.0.2.9' } });
  assert.ok(!('session' in elsewhere));
});

test('a further address of a production server is one of production', () => {
  assert.deepEqual(productionServers(profiles.profiles)[0]?.session?.alternates?.length, 2);
  assert.equal(productionOf('coaps+tcp://192.0.2.1', profiles)?.by, 'upstream');
});
