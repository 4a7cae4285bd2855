import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sameContent } from '#dots/dotsServer/state/equality';

test('scopes are the same whatever their order', () => {
  assert.ok(
    sameContent(
      { a: [1, 2], b: { c: 'x', d: [{ e: 1 }, { f: 2 }] } },
      { b: { d: [{ f: 2 }, { e: 1 }], c: 'x' }, a: [2, 1] },
    ),
  );
  assert.ok(!sameContent({ a: [1] }, { a: [1, 2] }));
  assert.ok(
    sameContent(
      { 'target-prefix': ['2001:db8::/32'], 'target-port-range': [{ 'lower-port': 80 }] },
      { 'target-prefix': ['2001:DB8::1/32'], 'target-port-range': [{ 'lower-port': 80, 'upper-port': 80 }] },
    ),
  );
  assert.ok(!sameContent({ 'target-prefix': ['2001:db8::/32'] }, { 'target-prefix': ['2001:db8::/33'] }));
  assert.ok(!sameContent({ a: '1' }, { a: 1 }));
});
