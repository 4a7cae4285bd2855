import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultPolicy, grantedLifetime } from '#dots/dotsServer/state/policy';

test('lifetimes are granted by policy', () => {
  assert.equal(grantedLifetime(3600, defaultPolicy), 3600);
  assert.equal(grantedLifetime(1_000_000, defaultPolicy), 86_400);
  assert.equal(grantedLifetime(-1, defaultPolicy), 86_400);
  assert.equal(grantedLifetime(-1, { ...defaultPolicy, indefinite: true }), -1);
});
