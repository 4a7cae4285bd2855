import assert from 'node:assert/strict';
import { test } from 'node:test';
import { productionAt, productionGuard } from '#dots/workspace/production';

const profiles = [
  { name: 'lab', production: false, signal: 'coaps://lab.example.net' },
  { name: 'up', production: true, signal: 'coaps://dots.example.net:4646', data: 'https://dots.example.net/' },
  { name: 'six', production: true, signal: '[2001:db8::1]' },
  { name: 'four', production: true, signal: 'coaps://198.51.100.7' },
  { name: 'here', production: true, signal: 'coap://127.0.0.1:4647' },
];

test('an address is one of production however it is spelt', () => {
  const same = {
    up: [
      'dots.example.net',
      'DOTS.example.net:4646',
      'coaps+tcp://dots.example.net/',
      'coap://Dots.Example.Net.:04646',
      'HTTPS://dots.example.net:443',
      'https://dots.example.net',
    ],
    six: ['2001:db8::1', '[2001:DB8:0::1]:4646', 'coaps://[2001:db8::1]'],
    four: [
      '198.51.100.7',
      'coaps://[::ffff:198.51.100.7]',
      'coaps://[::FFFF:C633:6407]:4646',
      '::ffff:0:198.51.100.7',
      'coaps+tcp://[64:ff9b::198.51.100.7]',
      '[64:ff9b:0::c633:6407]',
      '3325256711',
      '0306.51.100.7',
      '0xc6.0x33.25607',
      '198.51.100.7.',
      '[64:ff9b:1::198.51.100.7]',
      '[64:ff9b:1:9:a:b:c633:6407]',
      '[2002:c633:6407::1]',
      'coaps://[2002:c633:6407:9::9]:4646',
      '0xc6.51.100.7',
    ],
    here: [
      'coap://localhost:4647',
      'coap://LOCALHOST.:4647',
      'coap://a.localhost:4647',
      'coaps://[::1]:4647',
      'coaps://[::]:4647',
      '127.0.0.1:4647',
      'coap://127.1:4647',
      'coap://127.9.9.9:4647',
      'coap://0x7f.1:4647',
      'coap://0177.0.0.1:4647',
      'coap://2130706433:4647',
      'coap://127.0.0.1.:4647',
      'coap://[0:0:0:0:0:0:0:1]:4647',
      'coap://[::ffff:7f00:1]:4647',
      'coaps://[64:ff9b:1::127.0.0.1]:4647',
      'coaps://[2002:7f00:1::1]:4647',
      'coap://0.0.0.0:4647',
      'coap://0:4647',
      'coap://[::ffff:127.0.0.1]:4647',
      'coap://[::ffff:0.0.0.0]:4647',
      'coaps://[64:ff9b::7f00:1]:4647',
    ],
  };
  for (const [name, servers] of Object.entries(same))
    for (const server of servers) assert.equal(productionAt(server, profiles)?.name, name, server);
});

test('a server that must prove the name of one of production is that one, wherever it is', () => {
  const named = [{ name: 'up', production: true, signal: 'coaps://192.0.2.1', serverName: 'dots.example.net' }];
  assert.equal(productionAt('coaps://dots.example.net', named)?.name, 'up');
  assert.equal(productionAt('coaps://192.0.2.1', named)?.name, 'up');
  assert.equal(productionAt('coaps://dots.example.net:4647', named), undefined);
});

test('other hosts, other ports and other profiles are not', () => {
  for (const server of [
    '',
    'coaps://',
    'dots.example.net:4647',
    'https://dots.example.net:444',
    'lab.example.net',
    'coap://127.0.0.1',
    '2001:db8::2',
    '::198.51.100.7',
    '64:ff9c::198.51.100.7',
    '64:ff9b:2::198.51.100.7',
    '2003:c633:6407::1',
    '[::ffff:198.51.100.8]',
  ])
    assert.equal(productionAt(server, profiles), undefined, server);
});

test('before something is dialled, its addresses are compared with those that names of production resolve to', async () => {
  const names: Readonly<Record<string, string[]>> = { 'dots.example.net': ['2001:db8::5', '203.0.113.5'] };
  const looked: string[] = [];
  const permit = productionGuard(
    { server: 'other.example.net', otherThan: profiles.filter(({ production }) => production) },
    (name) => Promise.resolve((looked.push(name), names[name] ?? [])),
    ({ by }) => new Error(by),
  );
  const asked = async (host: string, port = 4646): Promise<string> =>
    permit?.([
      { host: '192.0.2.99', port },
      { host, port },
    ]).then(
      () => 'permitted',
      (error: Error) => error.message,
    ) ?? 'unguarded';
  assert.equal(await asked('203.0.113.5'), 'up', 'another name of it, or its bare address');
  assert.deepEqual(looked.sort(), ['127.0.0.1', '198.51.100.7', '2001:db8::1', 'dots.example.net', 'dots.example.net']);
  assert.equal(await asked('::ffff:203.0.113.5'), 'up');
  assert.equal(await asked('2001:db8:0::5', 443), 'up');
  assert.equal(await asked('64:ff9b::198.51.100.7'), 'four');
  assert.equal(await asked('::ffff:7f00:1', 4647), 'here');
  assert.equal(await asked('203.0.113.5', 4647), 'permitted');
  assert.equal(await asked('203.0.113.6'), 'permitted');
});

test('where no profile is of production there is nothing to compare', () => {
  const refuse = (): Error => new Error();
  assert.equal(
    productionGuard({ server: 'other.example.net' }, () => Promise.resolve([]), refuse),
    undefined,
  );
});
