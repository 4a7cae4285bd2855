import { AsnConvert } from '@peculiar/asn1-schema';
import {
  BasicConstraints,
  Certificate,
  id_ce_basicConstraints,
  id_ce_keyUsage,
  KeyUsage,
  Version,
} from '@peculiar/asn1-x509';

/**
 * Flags against a path, beside those of dots/mbedtls/dots.h: a certificate is signed by one that must not sign, or more
 * CAs follow a CA than it allows.
 */
export const notCa = 0x2000_0000;
export const pathTooLong = 0x4000_0000;

/**
 * The value of an extension, DER. Throws for one that a certificate has twice, which RFC 5280 section 4.2 forbids:
 * implementations differ in which of them they use.
 */
export function extension({ tbsCertificate }: Certificate, id: string): ArrayBuffer | undefined {
  const found = tbsCertificate.extensions?.filter(({ extnID }) => extnID === id) ?? [];
  if (found.length > 1) throw new TypeError(`duplicate extension ${id}`);
  return found[0]?.extnValue.buffer;
}

/** Whether a certificate names its own subject as its issuer: RFC 5280 section 6.1. */
export function isSelfIssued({ tbsCertificate: { subject, issuer } }: Certificate): boolean {
  return bytesOf(subject).equals(bytesOf(issuer));
}

function bytesOf(value: unknown): Buffer {
  return Buffer.from(AsnConvert.serialize(value));
}

/**
 * The faults of the issuers of a path, from the trusted certificate down, as flags: each must be a CA, and the path
 * below it no longer than it allows (RFC 5280 section 6.1.4 (k) to (n)), independently of the library's result. A
 * certificate that cannot be read here throws.
 */
export function issuerFlags(issuers: readonly Certificate[]): number {
  const cas = issuers.every((issuer, index) => isCa(issuer) || (index === 0 && isOldRoot(issuer)));
  return (cas ? 0 : notCa) | (isShortEnough(issuers) ? 0 : pathTooLong);
}

function isCa(certificate: Certificate): boolean {
  return (
    certificate.tbsCertificate.version === Version.v3 && constraintsOf(certificate)?.cA === true && maySign(certificate)
  );
}

/**
 * A value that is not re-encoded to the same octets is malformed, such as a number instead of a boolean, and does not
 * make a CA.
 */
function constraintsOf(certificate: Certificate): BasicConstraints | undefined {
  const value = extension(certificate, id_ce_basicConstraints);
  if (value === undefined) return undefined;
  const constraints = AsnConvert.parse(value, BasicConstraints);
  return bytesOf(constraints).equals(Buffer.from(value)) ? constraints : undefined;
}

function maySign(certificate: Certificate): boolean {
  const value = extension(certificate, id_ce_keyUsage);
  return value === undefined || AsnConvert.parse(value, KeyUsage).toJSON().includes('keyCertSign');
}

/**
 * A certificate without extensions (X.509 version 1) does not state that it is a CA: section 6.1.4 (k) leaves that to
 * the configuration, and a root is self-signed.
 */
function isOldRoot(certificate: Certificate): boolean {
  return certificate.tbsCertificate.version === Version.v1 && isSelfIssued(certificate);
}

/** Section 6.1.4 (l) and (m). */
function isShortEnough(issuers: readonly Certificate[]): boolean {
  let most = Infinity;
  for (const issuer of issuers) {
    if (!isSelfIssued(issuer)) most -= 1;
    if (most < 0) return false;
    most = Math.min(most, constraintsOf(issuer)?.pathLenConstraint ?? Infinity);
  }
  return true;
}

/**
 * The faults of the issuers in a peer's chain, DER, the leaf first, as flags; found by their names alone, to describe a
 * refused chain.
 */
export function shownIssuerFlags(chain: readonly Uint8Array[]): number {
  const [leaf, ...rest] = chain.map((der) => AsnConvert.parse(der, Certificate));
  const others = rest.map((certificate) => ({ certificate, subject: bytesOf(certificate.tbsCertificate.subject) }));
  const issuers: Certificate[] = [];
  for (let child = leaf; child !== undefined; child = issuers[0]) {
    const name = bytesOf(child.tbsCertificate.issuer);
    const parent = others.findIndex(({ subject }) => subject.equals(name));
    if (parent < 0) break;
    issuers.unshift(...others.splice(parent, 1).map(({ certificate }) => certificate));
  }
  return issuerFlags(issuers);
}
