import assert from 'node:assert/strict';
import { test } from 'node:test';
import { translate, type Resolution } from '#dots/flowspec/translate';
import type { JsonObject } from '#dots/model/json';
import { aliasDocument, scopeDocument, translated } from '../../../support/flowspec/rules';
import { ports, scope } from '../../../support/flowspec/scopes';

test('aliases are expanded from the given documents', () => {
  const aliases = aliasDocument(
    {
      name: 'https1',
      'target-prefix': ['2001:db8:6401::1/128'],
      'target-protocol': [6],
      'target-port-range': ports([443]),
    },
    { name: 'name-only', 'target-fqdn': ['www.example.com'] },
  );
  const run = (value: JsonObject): [string[], string[]] => {
    const { rules, findings } = translate([
      { file: 's.json', value: scopeDocument(value) },
      { file: 'a.json', value: aliases },
    ]);
    return [
      rules.map(({ text }) => text),
      findings
        .filter((finding) => finding.class !== 'advice')
        .map(({ code, file, pointer }) => `${code.slice(9)} ${file} ${pointer.slice(pointer.lastIndexOf('/') + 1)}`),
    ];
  };
  assert.deepEqual(run({ 'alias-name': ['https1'] }), [['dst 2001:db8:6401::1/128, tcp, dst port 443 -> discard'], []]);
  assert.deepEqual(run({ 'alias-name': ['https2'] }), [[], ['alias-unknown s.json 0', 'no-destination s.json 0']]);
  assert.deepEqual(run({ 'alias-name': ['name-only'] })[1], ['needs-resolution a.json 0', 'no-destination s.json 0']);
  assert.deepEqual(run({ 'alias-name': ['https1'], 'target-prefix': ['192.0.2.1/32'] }), [
    ['dst 192.0.2.1/32, tcp, dst port 443 -> discard', 'dst 2001:db8:6401::1/128, tcp, dst port 443 -> discard'],
    ['alias-pooled s.json 0'],
  ]);
});

test('names are not looked up unless asked for', () => {
  const { texts, codes } = scope({
    'target-prefix': ['192.0.2.10/32'],
    'target-fqdn': ['www.example.com'],
    'target-uri': ['https://www.example.com/'],
  });
  assert.deepEqual(texts, ['dst 192.0.2.10/32']);
  assert.deepEqual(codes, ['error needs-resolution 0/target-fqdn/0', 'error needs-resolution 0/target-uri/0']);
  assert.deepEqual(scope({ 'target-fqdn': ['www.example.com'] }).codes, [
    'error needs-resolution 0/target-fqdn/0',
    'error no-destination 0',
  ]);
});

const known: Record<string, string[]> = {
  'www.example.com': ['192.0.2.80', '2001:db8::80'],
  'dns.example.com': ['192.0.2.53'],
  'gone.example.com': [],
};

function resolve(name: string): Resolution | undefined {
  const addresses = known[name];
  return addresses && { addresses, at: '2026-01-01T00:00:00Z' };
}

test('names that were looked up are targets, with time and result in a finding', () => {
  const { texts, codes } = scope(
    { 'target-fqdn': ['www.example.com'], 'target-protocol': [17], 'target-port-range': ports([53]) },
    { resolve },
  );
  assert.deepEqual(texts, ['dst 192.0.2.80/32, udp, dst port 53', 'dst 2001:db8::80/128, udp, dst port 53']);
  assert.deepEqual(codes, ['information resolved 0/target-fqdn/0']);
  const { findings } = translated(
    scopeDocument({ 'target-fqdn': ['dns.example.com', 'gone.example.com', 'none.example.com'] }),
    { resolve },
  );
  assert.deepEqual(
    findings.filter(({ code }) => /resolved/.test(code)).map(({ severity, message }) => `${severity} ${message}`),
    [
      'information "dns.example.com" had the address 192.0.2.53 (2026-01-01T00:00:00Z). The rules are for these addresses only: resolve it again when they change.',
      'error "gone.example.com" has no address (2026-01-01T00:00:00Z), so it has no rule.',
      'error "none.example.com" has no address, so it has no rule.',
    ],
  );
});

test('a URI means the protocol and port of its scheme, or the port that it names', () => {
  const uris = (...list: string[]): [string[], string[]] => {
    const { texts, codes } = scope({ 'target-uri': list, 'target-protocol': [17] }, { resolve });
    return [texts, codes];
  };
  assert.deepEqual(uris('https://www.example.com/path'), [
    ['dst 192.0.2.80/32, tcp, dst port 443', 'dst 2001:db8::80/128, tcp, dst port 443'],
    ['information resolved 0/target-uri/0'],
  ]);
  assert.deepEqual(uris('coap://user@dns.example.com:61616?q')[0], ['dst 192.0.2.53/32, udp, dst port 61616']);
  assert.deepEqual(
    uris('HTTP://192.0.2.1', 'http://[2001:db8::1]:8080/'),
    [['dst 192.0.2.1/32, tcp, dst port 80', 'dst 2001:db8::1/128, tcp, dst port 8080'], []],
    'addresses need no lookup',
  );
  assert.deepEqual(uris('x:y', 'gopher://dns.example.com/', 'http://dns.example.com:99999/'), [
    [],
    [
      'error value 0/target-uri/0',
      'error value 0/target-uri/1',
      'error value 0/target-uri/2',
      'error no-destination 0',
    ],
  ]);
  assert.deepEqual(uris('other://dns.example.com:7000')[1], [
    'information resolved 0/target-uri/0',
    'warning ports-any-protocol 0/target-uri/0',
  ]);
  const both = scope(
    { 'target-prefix': ['192.0.2.10/32'], 'target-protocol': [17], 'target-uri': ['https://dns.example.com'] },
    { resolve },
  );
  assert.deepEqual(
    both.texts,
    ['dst 192.0.2.10/32, udp', 'dst 192.0.2.53/32, tcp, dst port 443'],
    'its port is not for other targets',
  );
});
