import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nothingKnown, outsideDomain } from '#dots/dotsServer/state/clientDomain';
import { parsePrefix } from '#dots/model/prefix';

test('a destination outside of the own prefixes is found also in a body that has a node inside of an entry', async () => {
  const own = parsePrefix('192.0.2.0/24');
  assert.ok(own);
  const isOutside = async (name: string, value: string | string[]): Promise<boolean> =>
    (await outsideDomain({ ownPrefixes: [own] }, { [name]: value }, nothingKnown)) !== undefined;
  for (const module of ['', 'ietf-dots-data-channel:']) {
    assert.equal(await isOutside(`${module}destination-ipv4-network`, '198.51.100.0/24'), true);
    assert.equal(await isOutside(`${module}target-prefix`, ['192.0.2.1/32', '198.51.100.1/32']), true);
    assert.equal(await isOutside(`${module}destination-ipv4-network`, '192.0.2.0/25'), false);
    assert.equal(await isOutside(`${module}source-ipv4-network`, '198.51.100.0/24'), false);
  }
});
