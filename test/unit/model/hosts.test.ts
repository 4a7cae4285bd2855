import assert from 'node:assert/strict';
import { test } from 'node:test';
import { domainNameProblem } from '#dots/model/domainName';
import { targetUriProblem } from '#dots/model/targetUri';

const uris: readonly string[] = [
  'https://www.example.com/',
  'https://www.example.com:65535/a?b=c#d',
  'http://user:secret@www.example.com:/',
  'http://192.0.2.7/',
  'coaps://[2001:db8::1]:5684/x',
  'http://[::ffff:192.0.2.1]/',
  'http://www.example.com./%20',
  'x-scheme+1.0://exa_mple.com',
];

const wrongUris: readonly [string, RegExp][] = [
  ['www.example.com/x', /no scheme/],
  ['1a://www.example.com/', /no scheme/],
  ['example.com:8080', /no host/],
  ['mailto:a@example.com', /no host/],
  ['urn:uuid:0', /no host/],
  ['https:/www.example.com/', /no host/],
  ['http://', /no host/],
  ['http:///x', /no host/],
  ['http://:80/', /no host/],
  ['https://www.example.com:65536/', /port 65536/],
  ['https://www.example.com:80x/', /port that is not a number/],
  ['https://www.example.com:-1/', /port that is not a number/],
  ['http://www.example.com/a b', /percent-encode/],
  ['http://www.example.com/"', /percent-encode/],
  ['http://www.example.com/é', /percent-encode/],
  ['http://www.example.com/\u0000', /percent-encode/],
  ['http://www.example.com/%', /hexadecimal/],
  ['http://www.example.com/%2', /hexadecimal/],
  ['http://www.example.com/%zz', /hexadecimal/],
  ['http://www.example.com/[x]', /bracket outside/],
  ['http://www.example.com/#a#b', /more than one "#"/],
  ['http://[2001:db8::g]/', /not an? IPv6 address/],
  ['http://[192.0.2.1]/', /not an? IPv6 address/],
  ['http://[fe80::1%25eth0]/', /not an? IPv6 address/],
  ['http://[2001:db8::/32]/', /no host|bracket|no IPv6/],
  ['http://2001:db8::1/', /without brackets/],
  ['http://a@b@c/', /more than one "@"/],
  ['http://192.0.2.300/', /ends in a number/],
  ['http://0x7f000001/', /ends in a number/],
  ['http://a..b/', /empty label/],
  ['http://localhost/', /resolves it/],
  [`http://${'a'.repeat(64)}.example/`, /invalid in a domain name/],
  [`http://www.example.com/${'a'.repeat(9000)}`, /longer than/],
];

test('URIs that name a host and a port', () => {
  for (const uri of uris) assert.equal(targetUriProblem(uri), undefined, uri);
});

for (const [uri, problem] of wrongUris)
  test(`no target: ${JSON.stringify(uri.slice(0, 60))}`, () => assert.match(targetUriProblem(uri) ?? '', problem));

test('domain names, and texts that are none', () => {
  const names = ['www.example.com', 'www.example.com.', 'com', '_dots._udp.example.com', 'xn--bcher-kva.example'];
  for (const name of names) assert.equal(domainNameProblem(name), undefined, name);
  const others = [
    '192.0.2.1',
    '2001:db8::1',
    'localhost',
    'a.localhost.',
    '.',
    '',
    '1.2.3',
    '-a.example',
    'a-.example',
  ];
  for (const name of [...others, 'a..b', '192.0.2.0/24', `${'a.'.repeat(127)}example`])
    assert.notEqual(domainNameProblem(name), undefined, name);
});
