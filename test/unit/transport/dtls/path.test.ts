import assert from 'node:assert/strict';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { X509Certificate } from 'node:crypto';
import { outsideConstraints, pathFlags } from '#dots/transport/dtls/path';
import { TestPki } from '../../../support/protocol/testPki';
import { needTool } from '../../../support/tools';
import { removeFolder } from '../../../support/removeFolder';

/** What is said against a server with these names below a CA with these constraints. */
function judge(
  t: TestContext,
): ((nameConstraints: string, names: readonly string[], commonName?: string) => boolean) | undefined {
  if (!needTool(t, 'openssl', 'openssl')) return undefined;
  const folder = mkdtempSync(join(tmpdir(), 'dots-test-'));
  t.after(() => removeFolder(folder));
  const pki = TestPki.in(folder);
  const der = (pem: string): Buffer => new X509Certificate(pem).raw;
  return (nameConstraints, names, commonName = 'leaf') => {
    const ca = pki.issue({ purpose: 'ca', nameConstraints });
    const flags = pathFlags(
      [pki.ca, ca, pki.issue({ names, by: ca, commonName })].map(({ cert }) => der(cert)),
      'server',
    );
    assert.ok(flags === 0 || flags === outsideConstraints, String(flags));
    return flags === 0;
  };
}

/** RFC 5280 section 4.2.1.10. */
const cases: [constraints: string, names: string[], good: boolean][] = [
  ['permitted;DNS:example.net', ['example.net', 'a.b.Example.NET'], true],
  ['permitted;DNS:example.net', ['example.net', 'badexample.net'], false],
  ['permitted;DNS:.example.net', ['a.example.net'], true],
  ['permitted;DNS:.example.net', ['example.net'], false],
  ['permitted;DNS:example.net', ['192.0.2.1'], true],
  ['permitted;DNS:example.net', ['SRV:_dots-signal.example.org'], false],
  ['permitted;DNS:example.net', ['SRV:_dots-signal.a.example.net'], true],
  ['excluded;DNS:a.example.net', ['b.example.net'], true],
  ['excluded;DNS:a.example.net', ['x.a.example.net'], false],
  ['excluded;DNS:a.example.net', ['*.example.net'], false],
  ['permitted;IP:192.0.2.0/255.255.255.0', ['192.0.2.7', 'example.net'], true],
  ['permitted;IP:192.0.2.0/255.255.255.0', ['192.0.3.7'], false],
  ['permitted;IP:192.0.2.0/255.255.255.0', ['2001:db8::1'], false],
  ['permitted;IP:2001:db8:0:0:0:0:0:0/ffff:ffff:0:0:0:0:0:0', ['2001:db8::1'], true],
  ['excluded;IP:2001:db8:0:0:0:0:0:0/ffff:ffff:0:0:0:0:0:0', ['2001:db8::1'], false],
  ['permitted;dirName:dn\n[dn]\nO=test', ['example.net'], true],
  ['permitted;dirName:dn\n[dn]\nO=Test 2', ['example.net'], false],
  ['excluded;dirName:dn\n[dn]\nO=TEST', ['example.net'], false],
  ['permitted;email:example.net', ['example.net'], true],
  ['permitted;otherName:1.3.6.1.5.5.7.8.7;IA5STRING:_dots-signal.example.net', ['SRV:_dots-signal.example.net'], false],
];

test('names are held to the constraints of the CAs above: DNS names, addresses, and what is not compared', (t) => {
  const good = judge(t);
  if (good === undefined) return;
  for (const [constraints, names, expected] of cases)
    assert.equal(good(constraints, names), expected, `${constraints} ${names.join(' ')}`);
});

test('a mask that is no prefix is not understood, and so refused', (t) => {
  const good = judge(t);
  if (good === undefined) return;
  assert.throws(() => good('permitted;IP:10.0.0.0/255.0.255.0', ['10.0.0.1']), TypeError);
});
