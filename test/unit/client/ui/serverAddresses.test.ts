import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse } from 'jsonc-parser';
import { emptyProfiles, withProfile } from '../../../../client/src/editor/profilesText';
import { addressesOf } from '../../../../client/src/ui/serverAddresses';

test('the addresses of both channels at a host, with the ports of the RFCs', () => {
  assert.deepEqual(addressesOf('dots.example.net'), {
    signal: 'coaps://dots.example.net:4646',
    data: 'https://dots.example.net',
  });
  assert.deepEqual(addressesOf('[2001:db8::1]:5000'), {
    signal: 'coaps://[2001:db8::1]:5000',
    data: 'https://[2001:db8::1]',
  });
  for (const wrong of ['', 'a b', 'https://x', 'user@host', 'host/path', 'host:99999'])
    assert.equal(addressesOf(wrong), undefined, wrong);
});

test('a profile is added to the file, of which the rest stays as it is', () => {
  const first = withProfile(emptyProfiles, 'one', { signal: 'coaps://192.0.2.1:4646' });
  const second = withProfile(first.replace('"profiles"', '// mine\n  "profiles"'), 'two', { production: true });
  assert.match(second, /\/\/ mine/);
  assert.deepEqual(parse(second), {
    $schema: 'https://dots-workbench.github.io/schemas/profiles.json',
    profiles: { one: { signal: 'coaps://192.0.2.1:4646' }, two: { production: true } },
  });
});
