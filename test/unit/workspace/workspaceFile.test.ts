import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import Ajv from 'ajv';
import { configSchemas, type ConfigSchema } from '#schemas/config';
import { parsePrefix } from '#dots/model/prefix';
import { createLanguageService, type Workspace } from '#service/service';
import { findingCodes } from '#dots/workspace/findingCodes';
import { matchesGlob } from '#dots/workspace/glob';
import { formOf } from '#dots/workspace/fileNames';
import { root } from '../../support/shared';
import { textIn, withCaret } from '../../support/caret';

const service = createLanguageService();
const file = 'dots.workspace.json';
const parse = (text: string): ReturnType<typeof service.parse> => service.parse(text, file);
const workspace = (value: object): Workspace => service.workspace(parse(JSON.stringify(value)));
const codes = (text: string, name = file): [string, string][] =>
  service.validate(service.parse(text, name)).findings.map(({ code, range }) => [code, textIn(text, range)]);

test('a file is known by its name, as a path or a URI', () => {
  assert.deepEqual(
    [
      'a/dots.workspace.json',
      'file:///c%3A/dots.profiles.json',
      'C:\\x\\dots.workspace.json',
      'my.dots.workspace.json',
      'a.dots.json',
    ].map(formOf),
    ['workspace', 'profiles', 'workspace', 'dots', 'dots'],
  );
});

test('globs', () => {
  const cases: [glob: string, path: string, matches: boolean][] = [
    ['a.dots.json', 'a.dots.json', true],
    ['a.dots.json', 'x/a.dots.json', false],
    ['*.dots.json', 'a.dots.json', true],
    ['*.dots.json', 'x/a.dots.json', false],
    ['**/*.dots.json', 'a.dots.json', true],
    ['**/*.dots.json', 'x/y/a.dots.json', true],
    ['x/**', 'x/y/z', true],
    ['x/**', 'y/x', false],
    ['a?c', 'abc', true],
    ['a?c', 'ac', false],
    ['./a', 'a', true],
    ['../a', '../a', true],
    ['**/b/**/d', 'a/b/c/d', true],
    ['**/b/**/d', 'a/c/d', false],
    ['a.c', 'abc', false],
    ['*', '', false],
  ];
  assert.deepEqual(
    cases.filter(([glob, path, matches]) => matchesGlob(glob, path) !== matches),
    [],
  );
  assert.equal(matchesGlob('*a'.repeat(2000), 'a'.repeat(2000)), true);
  assert.equal(matchesGlob(`${'**/a/'.repeat(1000)}b`, 'a/'.repeat(2000)), false);
});

test('an entry for one path and one for many: the later one decides, however the path is spelt', () => {
  const files = [
    { path: './a.json', cuid: 'exact', mid: 1 },
    { path: '*', cuid: 'any', mid: 2 },
    { path: 'a.json', mid: 3 },
  ];
  assert.deepEqual(workspace({ files }).contextOf('a.json'), { cuid: 'any', mid: 3 });
  assert.deepEqual(workspace({ files }).contextOf('b.json'), { cuid: 'any', mid: 2 });
  assert.deepEqual(workspace({ files: files.slice(0, 1) }).contextOf('b.json'), {});
});

test('of several entries that match a file the later one decides, member by member', () => {
  const { contextOf, level, ownPrefixes, targetRouter } = workspace({
    files: [
      { path: '**', cuid: 'one', profile: 'p' },
      { path: 'b/*', cuid: 'two', mid: 3 },
      { path: 'b/s.json', direction: 'status' },
    ],
    level: 'strict',
    'own-prefixes': ['192.0.2.0/24'],
    'target-router': 'bird',
  });
  assert.deepEqual(contextOf('a.json'), { cuid: 'one', profile: 'p' });
  assert.deepEqual(contextOf('b/s.json'), { cuid: 'two', profile: 'p', mid: 3, direction: 'status' });
  assert.deepEqual([level, ownPrefixes, targetRouter], ['strict', ['192.0.2.0/24'], 'bird']);
});

test('severities and suppressions, by code and path', () => {
  const { severityOf } = workspace({
    severities: { 'advice/host-bits': 'hint' },
    suppressions: [{ code: 'rfc/one-scope', path: 'old/*', reason: 'as it was' }, { code: 'cross/unused-alias' }],
  });
  assert.deepEqual(
    [
      severityOf('a', 'advice/host-bits', 'warning'),
      severityOf('old/a', 'rfc/one-scope', 'error'),
      severityOf('a', 'rfc/one-scope', 'error'),
      severityOf('a', 'cross/unused-alias', 'hint'),
    ],
    ['hint', undefined, 'error', undefined],
  );
});

const faulty: [text: string, findings: [string, string][]][] = [
  ['{"levle": "strict"}', [['json/config-member', '"levle"']]],
  ['{"level": "loose"}', [['json/config-value', '"loose"']]],
  ['{"own-prefixes": ["192.0.2.0/33", "2001:db8::/32"]}', [['json/config-value', '"192.0.2.0/33"']]],
  [
    '{"files": [{"mid": -1}]}',
    [
      ['json/config-missing', '{"mid": -1}'],
      ['json/config-value', '-1'],
    ],
  ],
  [
    '{"severities": {"host-bits": "hint", "advice/host-bits": "low"}}',
    [
      ['json/config-member', '"host-bits"'],
      ['json/config-value', '"low"'],
    ],
  ],
  ['[]', [['json/config-value', '[]']]],
  ['{', [['json/syntax', '{']]],
  ['', [['json/empty', '']]],
];

for (const [text, findings] of faulty) {
  test(`a workspace file with faults has findings, and says nothing: ${text}`, () => {
    assert.deepEqual(codes(text), findings);
    assert.deepEqual(
      [service.workspace(parse(text)).level, service.workspace(parse(text)).ownPrefixes],
      [undefined, []],
    );
  });
}

test('profiles: addresses, paths, identity, never a key', () => {
  const text = JSON.stringify({
    profiles: {
      lab: {
        signal: 'coaps://[2001:db8::1]:4646',
        data: 'https://dots.example.net',
        ca: 'ca.pem',
        certificate: 'me.pem',
        key: 'me.key',
        'key-password-file': 'password',
        cuid: 'c',
        'own-prefixes': ['192.0.2.0/24'],
        quirks: ['no-target-uri'],
        production: true,
      },
      psk: { signal: 'coap://127.0.0.1', 'psk-identity': 'me', 'psk-key-file': 'psk', 'server-name': '2001:db8::1' },
    },
  });
  const profiles = service.profiles(service.parse(text, 'any.json', 'profiles'));
  assert.deepEqual(profiles.get('lab'), {
    signal: 'coaps://[2001:db8::1]:4646',
    data: 'https://dots.example.net',
    ca: 'ca.pem',
    certificate: 'me.pem',
    key: 'me.key',
    keyPasswordFile: 'password',
    cuid: 'c',
    ownPrefixes: ['192.0.2.0/24'],
    quirks: ['no-target-uri'],
    production: true,
  });
  assert.deepEqual(profiles.get('psk'), {
    signal: 'coap://127.0.0.1',
    serverName: '2001:db8::1',
    pskIdentity: 'me',
    pskKeyFile: 'psk',
    ownPrefixes: [],
    quirks: [],
    production: false,
  });
  assert.deepEqual(
    codes(
      '{"profiles": {"a": {"key": "-----BEGIN PRIVATE KEY-----", "psk": "secret", "signal": "udp://x", "quirks": ["slow"]}}}',
      'dots.profiles.json',
    ).map(([code]) => code),
    ['json/config-value', 'json/config-member', 'json/config-value', 'json/config-value'],
  );
});

test('a member without the one that it needs, and a server name with a port or a scheme, are errors', () => {
  const profile = {
    'key-password-file': 'password',
    'psk-key-file': 'psk',
    'server-name': 'dots.example.net:4646',
  };
  assert.deepEqual(codes(JSON.stringify({ profiles: { a: profile } }), 'dots.profiles.json'), [
    ['json/config-missing', '"key-password-file"'],
    ['json/config-missing', '"psk-key-file"'],
    ['json/config-value', '"dots.example.net:4646"'],
  ]);
  for (const [name, isRight] of [
    ['dots.example.net', true],
    ['192.0.2.1', true],
    ['2001:db8::1', true],
    ['https://dots.example.net', false],
    ['[2001:db8::1]', false],
    ['', false],
  ] as const)
    assert.equal(
      codes(JSON.stringify({ profiles: { a: { 'server-name': name } } }), 'dots.profiles.json').length === 0,
      isRight,
      name,
    );
});

test('the schemas are draft-07, describe every member, and agree with our own checks', () => {
  const ajv = new Ajv({ strict: false, formats: { 'ip-prefix': (text: string) => parsePrefix(text) !== undefined } });
  const describe = (schema: ConfigSchema, at: string): void => {
    for (const [name, member] of Object.entries(schema.properties ?? {})) {
      assert.ok((member.description ?? '').length > 20, `${at}/${name}`);
      assert.equal(member.enum?.length, member['x-enum-descriptions']?.length, `${at}/${name}`);
      describe(member, `${at}/${name}`);
    }
    if (schema.items !== undefined) describe(schema.items, `${at}/-`);
    if (typeof schema.additionalProperties === 'object') describe(schema.additionalProperties, `${at}/*`);
  };
  for (const [form, schema] of Object.entries(configSchemas)) {
    describe(schema, form);
    assert.equal(ajv.validateSchema(schema), true);
  }
  const agrees = ajv.compile(configSchemas.workspace);
  for (const [text, findings] of faulty.slice(0, 6))
    assert.equal(agrees(JSON.parse(text)), findings.length === 0, text);
});

test('members and values are completed, and explained', () => {
  const complete = (marked: string, name = file): string[] => {
    const { text, position } = withCaret(marked);
    return service.complete(service.parse(text, name), position).map(({ label }) => label);
  };
  assert.deepEqual(complete('{|}'), [
    '$schema',
    'files',
    'own-prefixes',
    'level',
    'severities',
    'suppressions',
    'target-router',
    'policy',
  ]);
  assert.deepEqual(complete('{"files": [{"path": "a", "cuid": "b", |}]}'), ['mid', 'direction', 'profile']);
  assert.deepEqual(complete('{"files": [{"direction": "|"}]}'), ['request', 'status']);
  assert.deepEqual(complete('{"severities": {"rfc/one-scope": |}}'), ['error', 'warning', 'information', 'hint']);
  assert.deepEqual(complete('{"profiles": {"lab": {"production": |}}}', 'dots.profiles.json'), ['true', 'false']);
  assert.deepEqual(complete('{"profiles": {"lab": {"quirks": ["|"]}}}', 'dots.profiles.json'), [
    'source-prefix-required',
    'no-target-uri',
    'names-must-resolve',
  ]);
  assert.deepEqual(complete('|'), ['DOTS workspace file']);
  const { text, position } = withCaret('{"files": [{"direc|tion": "status"}]}');
  assert.match(
    service.hover(parse(text), position)?.markdown ?? '',
    /go to a server[\s\S]*request or status[\s\S]*rfc9132#section-4\.4\.2/,
  );
  assert.match(
    service.hover(parse(text), withCaret('{"files": [{"direction": "sta|tus"}]}').position)?.markdown ?? '',
    /^It came from the server/,
  );
});

test('a quirk of a server is explained', () => {
  const explained = (marked: string): string => {
    const { text, position } = withCaret(marked);
    return service.hover(service.parse(text, 'dots.profiles.json'), position)?.markdown ?? '';
  };
  assert.match(
    explained('{"profiles": {"lab": {"quirks": ["no-targ|et-uri"]}}}'),
    /^It refuses a request with a `target-uri`/,
  );
  assert.match(explained('{"profiles": {"lab": {"quir|ks": []}}}'), /other than the RFCs say/);
});

test('the members of a profile that authenticate both ends are completed and explained', () => {
  const given = '"signal": "a", "data": "https://a", "cuid": "c", "own-prefixes": [], "quirks": [], "production": true';
  const { text, position } = withCaret(`{"profiles": {"lab": {${given}, |}}}`);
  const offered = service.complete(service.parse(text, 'dots.profiles.json'), position).map(({ label }) => label);
  const names = ['server-name', 'ca', 'certificate', 'key', 'key-password-file', 'crl', 'psk-identity', 'psk-key-file'];
  assert.deepEqual(offered, names);
  for (const name of names) {
    const at = withCaret(`{"profiles": {"lab": {"${name}|": "x"}}}`);
    const { markdown = '' } = service.hover(service.parse(at.text, 'dots.profiles.json'), at.position) ?? {};
    assert.match(markdown, /certificate|key|name/, name);
  }
});

test('codes of findings and names of profiles are completed', () => {
  const complete = (marked: string): string[] => {
    const { text, position } = withCaret(marked);
    return service.complete(parse(text), position, { profiles: ['lab', 'upstream'] }).map(({ label }) => label);
  };
  assert.deepEqual(complete('{"files": [{"path": "a", "profile": "|"}]}'), ['lab', 'upstream']);
  assert.deepEqual(
    complete('{"severities": {"advice/host-bits": "hint", |}}'),
    findingCodes.filter((code) => code !== 'advice/host-bits'),
  );
  assert.deepEqual(complete('{"suppressions": [{"code": "|"}]}'), findingCodes);
});

test('a profile that the profiles file does not have is a finding, unless the file is not known or the workspace file says otherwise', () => {
  const found = (value: object, names?: string[]): [string, string, string][] => {
    const document = parse(JSON.stringify(value));
    const profiles = names && new Map(names.map((name) => [name, { ownPrefixes: [], quirks: [], production: false }]));
    return service
      .workspaceFindings(document, profiles)
      .map(({ code, severity, range, message }) => [`${code} ${severity}`, textIn(document.text, range), message]);
  };
  const files = [
    { path: 'a', profile: 'upstraem' },
    { path: 'b', profile: 'lab' },
  ];
  assert.deepEqual(found({ files }, ['lab', 'upstream']), [
    [
      'cross/unknown-profile warning',
      '"upstraem"',
      'Your profiles file has no profile "upstraem", so these documents cannot be sent. Did you mean "upstream"?',
    ],
  ]);
  assert.deepEqual(found({ files }), []);
  assert.deepEqual(found({ files, suppressions: [{ code: 'cross/unknown-profile' }] }, []), []);
  assert.deepEqual(
    found({ files, levle: 1 }, []).map(([code]) => code),
    ['json/config-member error'],
  );
});

test('the list of finding codes is that of the sources', () => {
  const found = new Set<string>();
  for (const folder of ['dots/src/check', 'dots/src/workspace', 'server/src/languageService']) {
    for (const name of readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).filter(
      (each) => each.endsWith('.ts') && !each.endsWith('codes.ts'),
    )) {
      const text = readFileSync(join(root, folder, name), 'utf8');
      for (const [, code] of text.matchAll(/['`]((?:json|yang|rfc|cross|policy|advice)\/[a-z0-9-]+)['`]/g))
        found.add(code as string);
      for (const [, made, code] of text.matchAll(/\b(rfcFault|advice)\(\s*'([a-z0-9-]+)'/g))
        found.add(`${made === 'advice' ? 'advice' : 'rfc'}/${code ?? ''}`);
      for (const [, code] of text.matchAll(/\bpolicyFault\(\s*'([a-z0-9-]+)'/g)) found.add(`policy/${code ?? ''}`);
      for (const [, code] of text.matchAll(
        /\bcrossFault\([^'`]*(?:'(?:error|warning|information|hint)'[^'`]*)*'(?!(?:error|warning|information|hint)')([a-z0-9-]+)',/g,
      ))
        found.add(`cross/${code ?? ''}`);
    }
  }
  assert.deepEqual([...found].filter((code) => !findingCodes.includes(code)).sort(), []);
});

test('every prefix and every one-character deletion is checked, completed and hovered without an exception', () => {
  const text =
    '{"files": [{"path": "a", "mid": 1, "direction": "request"}], "severities": {"rfc/x": "hint"}, "own-prefixes": ["192.0.2.0/24"]}';
  for (let at = 0; at <= text.length; at += 1) {
    for (const part of [text.slice(0, at), text.slice(0, at) + text.slice(at + 1)]) {
      const document = parse(part);
      const position = document.lines.positionAt(at);
      service.validate(document);
      service.workspace(document);
      service.workspaceFindings(document, new Map());
      service.complete(document, position);
      service.hover(document, position);
    }
  }
});
