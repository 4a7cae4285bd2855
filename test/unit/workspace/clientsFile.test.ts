import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Ajv } from 'ajv';
import { configSchemas } from '#schemas/config';
import { clientsOf } from '#dots/workspace/clientsFile';
import { formOf } from '#dots/workspace/fileNames';
import { createLanguageService } from '#service/service';
import { textIn, withCaret } from '../../support/caret';

const service = createLanguageService();
const file = 'dots.clients.json';
const hash = '0123456789abcdef'.repeat(4);

const whole = {
  $schema: 'https://dots-workbench.github.io/schemas/clients.json',
  clients: [
    {
      name: 'web-1',
      identities: [{ certificate: 'web-1.pem' }, { 'spki-sha256': hash }, { 'psk-identity': 'edge-1' }],
      cuid: 'dz6pHjaADkaFTbjr0JGBpw',
      'own-prefixes': ['192.0.2.0/24', '2001:db8::/32'],
      gateway: false,
      limits: { mitigations: 8, telemetry: 8, aliases: 4, acls: 4, aces: 100 },
    },
    { name: 'web-2' },
  ],
  names: { 'WWW.example.com': ['192.0.2.10', '2001:db8::10'] },
};

const codes = (text: string): [string, string][] =>
  service.validate(service.parse(text, file)).findings.map(({ code, range }) => [code, textIn(text, range)]);

test('a clients file is known by its name, and read', () => {
  assert.deepEqual(['a/dots.clients.json', 'my.dots.clients.json'].map(formOf), ['clients', 'dots']);
  assert.deepEqual(codes(JSON.stringify(whole)), []);
  const { clients, names } = clientsOf(whole);
  assert.deepEqual(clients[1], { name: 'web-2', gateway: false, limits: {} });
  assert.deepEqual(clients[0]?.ownPrefixes, ['192.0.2.0/24', '2001:db8::/32']);
  assert.deepEqual(clients[0]?.identities?.length, 3);
  assert.deepEqual(names.get('www.example.com'), ['192.0.2.10', '2001:db8::10']);
});

test('a name in a clients file has no case and no final dot', () => {
  const { names } = clientsOf({ clients: [], names: { 'WWW.Example.com.': ['192.0.2.10'] } });
  assert.deepEqual([...names], [['www.example.com', ['192.0.2.10']]]);
});

const one = (client: string): string => `{"clients": [${client}]}`;

const faulty: readonly (readonly [text: string, findings: [code: string, at: string][]])[] = [
  ['[]', [['json/config-value', '[]']]],
  ['{}', [['json/config-missing', '{}']]],
  [one('{}'), [['json/config-missing', '{}']]],
  ...['mock', 'lab', '../x', 'a b', 'x-key', ''].map(
    (name) => [one(`{"name": "${name}"}`), [['json/config-value', `"${name}"`]]] as [string, [string, string][]],
  ),
  [one('{"name": "a", "cuids": []}'), [['json/config-member', '"cuids"']]],
  [one('{"name": "a", "cuid": "a/b"}'), [['json/config-value', '"a/b"']]],
  [one('{"name": "a", "own-prefixes": ["192.0.2.0/33"]}'), [['json/config-value', '"192.0.2.0/33"']]],
  [one('{"name": "a", "gateway": "no"}'), [['json/config-value', '"no"']]],
  [one('{"name": "a", "limits": {"mitigations": -1}}'), [['json/config-value', '-1']]],
  [one('{"name": "a", "identities": [{"spki-sha256": "0123"}]}'), [['json/config-value', '"0123"']]],
  ['{"clients": [], "names": {"a.example": ["x"]}}', [['json/config-value', '"x"']]],
];

test('each fault is found where it is, as ajv finds one by the same schema', () => {
  const agrees = new Ajv({ strict: false, formats: { 'ip-prefix': (text: string) => !/\/33|x/.test(text) } }).compile(
    configSchemas.clients,
  );
  for (const [text, findings] of faulty) {
    assert.deepEqual(codes(text), findings, text);
    assert.equal(agrees(JSON.parse(text)), false, text);
  }
  assert.equal(agrees(whole), true);
});

test('an identity has one member; names, cuids and identities belong to one client', () => {
  const both = `{"certificate": "a.pem", "psk-identity": "a"}`;
  assert.deepEqual(codes(one(`{"name": "a", "identities": [{}, ${both}]}`)), [
    ['json/config-missing', '{}'],
    ['json/config-missing', both],
  ]);
  const client = (name: string, identity: string): string => `{"name": "${name}", "identities": [${identity}]}`;
  const twice = (name: string, first: string, second = first): [string, string][] =>
    codes(`{"clients": [${client('a', first)}, ${client(name, second)}]}`);
  const spki = (text: string): string => `{"spki-sha256": "${text}"}`;
  assert.deepEqual(twice('b', spki(hash), spki(hash.toUpperCase())), [
    ['json/config-duplicate', `"${hash.toUpperCase()}"`],
  ]);
  assert.deepEqual(twice('b', '{"psk-identity": "e"}', '{"psk-identity": "E"}'), []);
  assert.deepEqual(twice('a', '{"psk-identity": "e"}', '{"psk-identity": "f"}'), [['json/config-duplicate', '"a"']]);
  assert.deepEqual(codes('{"clients": [{"name": "a", "cuid": "c"}, {"name": "b", "cuid": "c"}]}'), [
    ['json/config-duplicate', '"c"'],
  ]);
});

test('members are completed and explained in the editor', () => {
  const complete = (marked: string): string[] => {
    const { text, position } = withCaret(marked);
    return service.complete(service.parse(text, file), position).map(({ label }) => label);
  };
  assert.deepEqual(complete('{|}'), ['$schema', 'clients', 'names']);
  assert.deepEqual(complete('{"clients": [{"name": "a", |}]}'), [
    'identities',
    'cuid',
    'own-prefixes',
    'gateway',
    'limits',
  ]);
  assert.deepEqual(complete('{"clients": [{"identities": [{|}]}]}'), ['certificate', 'spki-sha256', 'psk-identity']);
  assert.deepEqual(complete('{"clients": [{"gateway": |}]}'), ['true', 'false']);
  assert.deepEqual(complete('|'), ['DOTS clients of a server', 'Clients of the mock']);
  const { text, position } = withCaret('{"clients": [{"own-pre|fixes": []}]}');
  assert.match(
    service.hover(service.parse(text, file), position)?.markdown ?? '',
    /outside of them are refused[\s\S]*rfc9132#section-4\.4\.1\.1/,
  );
});
