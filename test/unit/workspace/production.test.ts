import assert from 'node:assert/strict';
import { test } from 'node:test';
import { productionAt } from '#dots/workspace/production';

const profiles = [
  { name: 'lab', production: false, signal: 'coaps://lab.example.net' },
  { name: 'up', production: true, signal: 'coaps://dots.example.net:4646', data: 'https://dots.example.net/' },
  { name: 'six', production: true, signal: '[2001:db8::1]' },
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
    here: ['coap://localhost:4647', 'coaps://[::1]:4647', '127.0.0.1:4647', 'coap://127.1:4647'],
  };
  for (const [name, servers] of Object.entries(same))
    for (const server of servers) assert.equal(productionAt(server, profiles)?.name, name, server);
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
  ])
    assert.equal(productionAt(server, profiles), undefined, server);
});
