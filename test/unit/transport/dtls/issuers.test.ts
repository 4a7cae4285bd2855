import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import { AsnConvert, OctetString } from '@peculiar/asn1-schema';
import { Certificate, Extension, id_ce_basicConstraints, type TBSCertificate } from '@peculiar/asn1-x509';
import { issuerFlags, notCa, pathTooLong } from '#dots/transport/dtls/issuers';
import { refusalOf } from '#dots/transport/dtls/outcome';
import { pathFlags } from '#dots/transport/dtls/path';
import { issuerCases } from '../../../support/protocol/issuerCases';
import { resigned, TestPki } from '../../../support/protocol/testPki';

const certificatesIn = (pem: string): Buffer[] =>
  (pem.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g) ?? []).map(
    (each) => new X509Certificate(each).raw,
  );

/** The path from the trusted certificate down, as the library would find it if it asked nothing of the issuers. */
function pathOf(ca: string, shown: string): Buffer[] {
  const [path, [anchor]] = [certificatesIn(shown).reverse(), certificatesIn(ca)];
  return path[0]!.equals(anchor!) ? path : [anchor!, ...path];
}

test('each issuer of a path has to be a CA, and to allow what is below it, whatever the library makes of it', async (t) => {
  const pki = await TestPki.create(t);
  if (pki === undefined) return;
  for (const purpose of ['server', 'client'] as const) {
    for (const { title, ca, shown, good, tooLong } of issuerCases(pki, purpose)) {
      assert.equal(
        pathFlags(pathOf(ca, shown.cert), purpose),
        good ? 0 : tooLong ? pathTooLong : notCa,
        `${purpose}: ${title}`,
      );
    }
  }
});

/**
 * Basic constraints as octets, of which RFC 5280 section 4.2.1.9 and DER (X.690 section 11.1) allow one form for each
 * meaning.
 */
const constraints: readonly (readonly [hex: string, ca: boolean])[] = [
  ['30030101ff', true],
  ['30060101ff020100', true],
  ['30060101ff02017f', true],
  ['3000', false],
  ['3003010100', false],
  ['3003020101', false],
  ['3003020100', false],
  ['3006010100020101', false],
  // Another truth value, an integer first, what comes after the end, an empty integer.
  ['3003010101', false],
  ['30060201010101ff', false],
  ['30030101ff00', false],
  ['30050101ff0200', false],
];

/** A change to the basic constraints of a CA. */
const saying =
  (hex: string) =>
  ({ extensions }: TBSCertificate): void => {
    extensions!.find(({ extnID }) => extnID === id_ce_basicConstraints)!.extnValue = new OctetString(
      Buffer.from(hex, 'hex'),
    );
  };

test('only basic constraints in the one form that says so make a CA', async (t) => {
  const pki = await TestPki.create(t);
  if (pki === undefined) return;
  const ca = pki.issue({ purpose: 'ca', keyUsage: '' });
  for (const [hex, good] of constraints) {
    const path = [pki.ca, resigned(ca, saying(hex), pki.ca)].map(({ cert }) =>
      AsnConvert.parse(certificatesIn(cert)[0]!, Certificate),
    );
    let found: number | string = 0;
    try {
      found = issuerFlags(path);
    } catch {
      found = 'unreadable';
    }
    assert.equal(found === 0, good, `${hex}: ${found}`);
  }
});

test('an issuer that says twice what it is is not read', async (t) => {
  const pki = await TestPki.create(t);
  if (pki === undefined) return;
  const ca = pki.issue({ purpose: 'ca', basicConstraints: 'critical,CA:FALSE' });
  const twice = resigned(
    ca,
    (tbs) =>
      tbs.extensions!.unshift(
        new Extension({
          extnID: id_ce_basicConstraints,
          critical: true,
          extnValue: new OctetString(Buffer.from('30030101ff', 'hex')),
        }),
      ),
    pki.ca,
  );
  assert.throws(
    () => pathFlags([...pathOf(pki.ca.cert, twice.cert), certificatesIn(pki.issue({ by: ca }).cert)[0]!], 'server'),
    /duplicate extension 2\.5\.29\.19/,
  );
});

test('words about a refused chain cost no signature check, however many certificates of one name are shown', async (t) => {
  const pki = await TestPki.create(t);
  if (pki === undefined) return;
  const issuer = pki.issue({ purpose: 'server', commonName: 'Crowd' });
  const [leaf, ...above] = certificatesIn(pki.issue({ by: issuer }).cert);
  const verify = t.mock.method(X509Certificate.prototype, 'verify');
  const chain = [leaf!, ...Array.from({ length: 40 }, () => above).flat()];
  const error = refusalOf({
    peer: 'a peer',
    role: 'client',
    result: -0x2700,
    state: 3,
    flags: 0x8,
    alert: 0,
    psk: false,
    chain,
    words: '',
  });
  assert.equal(error.code, 'transport/not-a-ca');
  assert.equal(verify.mock.callCount(), 0);
});
