import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DataAnswer } from '#dots/data/session';
import { dataChecks } from '../../../../cli/src/ready/dataChecks';
import { preconfiguredChecks } from '../../../../cli/src/ready/signalChecks';

const given = { paths: [], option: () => undefined, options: () => [] };
const way = { profile: 'up stream', given, production: true };

const answered = (status: number, alias: object[] = []): DataAnswer => ({
  status,
  ok: status < 300,
  body: { 'ietf-dots-data-channel:dots-client': [{ cuid: 'c', aliases: { alias } }] } as never,
  errors: [],
  roundTripMs: 1,
  request: { method: 'GET', path: '/', octets: 0 },
});

test('what expires within two days is to be refreshed, by a command that a shell reads as it is', () => {
  for (const [minutes, result] of [
    [2 * 1440 - 1, 'not-ready'],
    [2 * 1440, 'ok'],
  ] as const) {
    const checks = dataChecks(answered(200, [{ name: 'a', 'pending-lifetime': minutes }]), [], way);
    const lifetimes = checks.find(({ check }) => check === 'lifetimes');
    assert.equal(lifetimes?.result, result);
    assert.deepEqual(lifetimes.todo, result === 'ok' ? [] : ["dots data refresh --profile 'up stream' --yes"]);
  }
});

test('a server that refuses is not ready, and one that does not know the client is, if there is nothing to install', () => {
  assert.deepEqual(
    [401, 404, 500].map((status) => dataChecks(answered(status), [], way).map(({ result }) => result)),
    [['not-ready'], ['ok'], ['not-ready']],
  );
});

test('mitigations that wait for the loss of the session are compared by their targets', () => {
  const scope = { 'target-prefix': ['2001:DB8::/32', '192.0.2.0/24'], 'trigger-mitigation': false };
  const value = { 'ietf-dots-signal-channel:mitigation-scope': { scope: [scope] } };
  const document = {
    file: 'a.dots.json',
    kind: 'mitigation-scope',
    value,
    findings: [],
    hasOwnPrefixes: false,
  } as const;
  const documents = [{ ...document, profile: undefined, cuid: undefined, mid: undefined }];
  const status = 'attack-mitigation-signal-loss';
  const same = { mid: 1, status, lifetime: -1, 'target-prefix': ['192.0.2.0/24', '2001:db8::/32'] };
  const results = (server: object[]): string[] =>
    preconfiguredChecks(documents, server as never, way).map(({ result }) => result);
  assert.deepEqual(results([same]), ['ok']);
  assert.deepEqual(results([]), ['not-ready']);
  assert.deepEqual(results([{ ...same, status: 'attack-mitigation-in-progress' }]), ['not-ready'], 'it has started');
  assert.deepEqual(results([{ ...same, 'target-prefix': ['192.0.2.0/25'] }]), ['not-ready', 'soon']);
  assert.deepEqual(results([{ ...same, lifetime: 86_400 }]), ['ok', 'soon']);
  assert.deepEqual(results([{ ...same, lifetime: 3600 }]), ['ok', 'not-ready']);
});
