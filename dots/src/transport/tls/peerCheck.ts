import { X509Certificate, type KeyObject } from 'node:crypto';
import type { DetailedPeerCertificate } from 'node:tls';
import { AsnConvert } from '@peculiar/asn1-schema';
import { Certificate, id_ce_keyUsage, KeyUsage, KeyUsageFlags } from '@peculiar/asn1-x509';
import type { RefusalReason } from '../refusals';

/** A fault of a certificate. */
export interface Objection {
  reason: RefusalReason;
  detail?: string;
}

/** RFC 9325 section 4.5. */
const leastRsaBits = 2048;
const leastCurveBits = 256;

/** md5WithRSAEncryption, sha1WithRSAEncryption, ecdsa-with-SHA1, dsa-with-sha1. */
const weakSignatures = ['1.2.840.113549.1.1.4', '1.2.840.113549.1.1.5', '1.2.840.10045.4.1', '1.2.840.10040.4.3'];

/**
 * Faults that OpenSSL accepts in a verified chain: a key usage without signatures, which TLS 1.3 forbids (RFC 8446
 * section 4.4.2.2) and OpenSSL allows for key agreement, and weak keys and hashes. OpenSSL does verify the extended key
 * usage.
 */
export function objectionTo(shown: DetailedPeerCertificate): Objection | undefined {
  const chain = chainOf(shown);
  const [leaf] = chain;
  if (leaf === undefined) return { reason: 'no-certificate' };
  if (!maySign(leaf)) return { reason: 'purpose', detail: 'its key usage does not allow signatures' };
  const weak = chain.map(weakness).find((found) => found !== undefined);
  return weak === undefined ? undefined : { reason: 'weak', detail: weak };
}

/** The leaf first; the root is its own issuer. */
function chainOf(shown: DetailedPeerCertificate): Buffer[] {
  const chain: Buffer[] = [];
  for (
    let at: DetailedPeerCertificate | undefined = shown;
    at?.raw !== undefined && !chain.some((der) => der.equals(at!.raw));
    at = at.issuerCertificate
  )
    chain.push(at.raw);
  return chain;
}

function maySign(der: Buffer): boolean {
  const usage = AsnConvert.parse(der, Certificate).tbsCertificate.extensions?.find(
    ({ extnID }) => extnID === id_ce_keyUsage,
  );
  return (
    usage === undefined ||
    (AsnConvert.parse(usage.extnValue, KeyUsage).toNumber() & KeyUsageFlags.digitalSignature) !== 0
  );
}

/** The signature of a root proves nothing and is not checked. */
function weakness(der: Buffer): string | undefined {
  const certificate = new X509Certificate(der);
  const algorithm = AsnConvert.parse(der, Certificate).signatureAlgorithm.algorithm;
  if (certificate.subject !== certificate.issuer && weakSignatures.includes(algorithm))
    return 'it is signed with SHA-1 or MD5';
  return weakKey(certificate.publicKey);
}

function weakKey({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): string | undefined {
  const bits =
    asymmetricKeyDetails?.modulusLength ??
    Number(/\d{3}/.exec(asymmetricKeyDetails?.namedCurve ?? '')?.[0] ?? Infinity);
  const least = asymmetricKeyType === 'ec' ? leastCurveBits : leastRsaBits;
  return bits < least && asymmetricKeyType !== 'ed25519' ? `its key has ${bits} bits` : undefined;
}
