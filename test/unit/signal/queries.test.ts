import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DotsError } from '#dots/model/errors';
import { mitigationQueries, queryArguments, telemetryQueries } from '#dots/signal/queries';

test('the values of one parameter share one argument, and c is the last (RFC 9244 section 8.3)', () => {
  const pairs = ['target-prefix=192.0.2.0/24', 'target-port=80-90', 'target-prefix=2001:db8::/32'];
  assert.deepEqual(queryArguments(pairs, mitigationQueries, 'non-config'), [
    'target-prefix=192.0.2.0/24,2001:db8::/32',
    'target-port=80-90',
    'c=n',
  ]);
  assert.deepEqual(queryArguments([], mitigationQueries, undefined), []);
  assert.deepEqual(queryArguments(['target-fqdn=*.example.com,www.example.com'], mitigationQueries, 'config'), [
    'target-fqdn=*.example.com,www.example.com',
    'c=c',
  ]);
});

for (const pair of [
  'mid=1',
  'target-prefix',
  'target-prefix=',
  '=x',
  'target-fqdn=www.*.com',
  'target-uri=https://a.*',
])
  test(`the query "${pair}" is refused before it is sent`, () => {
    assert.throws(
      () => queryArguments([pair], mitigationQueries, undefined),
      (error) => error instanceof DotsError && error.kind === 'usage' && error.code === 'signal/query',
    );
  });

test('telemetry has parameters of the source as well', () => {
  const pairs = ['source-prefix=198.51.100.0/24', 'mid=1-9', 'target-uri=https://*.example.com/'];
  assert.deepEqual(queryArguments(pairs, telemetryQueries, undefined), pairs);
});
