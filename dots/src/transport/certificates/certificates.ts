import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPair,
  randomBytes,
  sign,
  X509Certificate,
} from 'node:crypto';
import { isIP } from 'node:net';
import { promisify } from 'node:util';
import { AsnConvert, OctetString } from '@peculiar/asn1-schema';
import {
  AlgorithmIdentifier,
  AttributeTypeAndValue,
  AttributeValue,
  AuthorityKeyIdentifier,
  BasicConstraints,
  Certificate,
  ExtendedKeyUsage,
  Extension,
  Extensions,
  GeneralName,
  id_ce_authorityKeyIdentifier,
  id_ce_basicConstraints,
  id_ce_extKeyUsage,
  id_ce_keyUsage,
  id_ce_subjectAltName,
  id_ce_subjectKeyIdentifier,
  id_kp_clientAuth,
  id_kp_serverAuth,
  KeyUsage,
  KeyUsageFlags,
  Name,
  RelativeDistinguishedName,
  SubjectAlternativeName,
  SubjectKeyIdentifier,
  SubjectPublicKeyInfo,
  TBSCertificate,
  Validity,
  Version,
} from '@peculiar/asn1-x509';

/** A certificate and its private key, both PEM. */
export interface Credentials {
  cert: string;
  key: string;
}

/** The use of a certificate: to sign others, or to authenticate a server or a client. */
export type Purpose = 'ca' | 'server' | 'client';

export interface CertificateRequest {
  purpose: Purpose;
  commonName: string;
  /** For a server: its DNS names and IP addresses. */
  names?: readonly string[];
  notBefore: Date;
  notAfter: Date;
}

/** id-at-commonName: RFC 5280 appendix A.1. */
const commonNameType = '2.5.4.3';
/** ecdsa-with-SHA256: RFC 5758 section 3.2. */
const ecdsaSha256 = '1.2.840.10045.4.3.2';

const generate = promisify(generateKeyPair);

/** A new private key on the curve P-256, PKCS #8 in PEM. */
export async function newKey(): Promise<string> {
  const { privateKey } = await generate('ec', { namedCurve: 'P-256' });
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}

/**
 * An X.509 certificate (RFC 5280) for a key, signed by an issuer, or self-signed without one. Node makes the keys and
 * the signature; only the encoding is done here.
 */
export function certify(request: CertificateRequest, key: string, issuer?: Credentials): Credentials {
  const subjectKey = publicKeyOf(key);
  const issuerKey = issuer === undefined ? subjectKey : publicKeyOf(issuer.key);
  const subject = nameOf(request.commonName);
  const tbs = new TBSCertificate({
    version: Version.v3,
    serialNumber: serialNumber(),
    signature: new AlgorithmIdentifier({ algorithm: ecdsaSha256 }),
    issuer: issuer === undefined ? subject : subjectOf(issuer.cert),
    validity: new Validity({ notBefore: request.notBefore, notAfter: request.notAfter }),
    subject,
    subjectPublicKeyInfo: subjectKey,
    extensions: extensionsOf(request, keyIdentifier(subjectKey), keyIdentifier(issuerKey)),
  });
  const signed = sign('sha256', Buffer.from(AsnConvert.serialize(tbs)), createPrivateKey(issuer?.key ?? key));
  const certificate = new Certificate({
    tbsCertificate: tbs,
    signatureAlgorithm: new AlgorithmIdentifier({ algorithm: ecdsaSha256 }),
    signatureValue: bytesOf(signed),
  });
  return { cert: new X509Certificate(Buffer.from(AsnConvert.serialize(certificate))).toString(), key };
}

/**
 * Whether a key belongs to a certificate, and the certificate is signed by the issuer and valid at a time and for all
 * of the names.
 */
export function isUsable(
  { cert, key }: Credentials,
  { issuer, now, names = [] }: { issuer: string; now: Date; names?: readonly string[] },
): boolean {
  if (!isIssued({ cert, key }, issuer)) return false;
  const certificate = new X509Certificate(cert);
  return (
    new Date(certificate.validFrom) <= now &&
    now < new Date(certificate.validTo) &&
    names.every((name) => (isIP(name) === 0 ? certificate.checkHost(name) : certificate.checkIP(name)) !== undefined)
  );
}

/** Whether a key belongs to a certificate, and the certificate is signed by the issuer, whatever the time. */
export function isIssued({ cert, key }: Credentials, issuer: string): boolean {
  try {
    const certificate = new X509Certificate(cert);
    return (
      certificate.checkPrivateKey(createPrivateKey(key)) && certificate.verify(new X509Certificate(issuer).publicKey)
    );
  } catch {
    return false;
  }
}

function publicKeyOf(key: string): SubjectPublicKeyInfo {
  return AsnConvert.parse(createPublicKey(key).export({ type: 'spki', format: 'der' }), SubjectPublicKeyInfo);
}

/** RFC 5280 section 4.2.1.2, method 1. */
function keyIdentifier({ subjectPublicKey }: SubjectPublicKeyInfo): OctetString {
  return new OctetString(bytesOf(createHash('sha1').update(Buffer.from(subjectPublicKey)).digest()));
}

function nameOf(commonName: string): Name {
  return new Name([
    new RelativeDistinguishedName([
      new AttributeTypeAndValue({ type: commonNameType, value: new AttributeValue({ utf8String: commonName }) }),
    ]),
  ]);
}

function subjectOf(cert: string): Name {
  return AsnConvert.parse(new X509Certificate(cert).raw, Certificate).tbsCertificate.subject;
}

/** Positive, and within the allowed length (RFC 5280 section 4.1.2.2). */
function serialNumber(): ArrayBuffer {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40;
  return bytesOf(bytes);
}

function extensionsOf(
  { purpose, names = [] }: CertificateRequest,
  subject: OctetString,
  issuer: OctetString,
): Extensions {
  const usage = purpose === 'ca' ? KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign : KeyUsageFlags.digitalSignature;
  const all = [
    extension(id_ce_basicConstraints, new BasicConstraints({ cA: purpose === 'ca' }), true),
    extension(id_ce_keyUsage, new KeyUsage(usage), true),
    extension(id_ce_subjectKeyIdentifier, new SubjectKeyIdentifier(subject.buffer)),
    extension(
      id_ce_authorityKeyIdentifier,
      new AuthorityKeyIdentifier({ keyIdentifier: new SubjectKeyIdentifier(issuer.buffer) }),
    ),
  ];
  if (purpose !== 'ca')
    all.push(
      extension(id_ce_extKeyUsage, new ExtendedKeyUsage([purpose === 'server' ? id_kp_serverAuth : id_kp_clientAuth])),
    );
  if (names.length > 0) {
    const general = names.map((name) => new GeneralName(isIP(name) === 0 ? { dNSName: name } : { iPAddress: name }));
    all.push(extension(id_ce_subjectAltName, new SubjectAlternativeName(general)));
  }
  return new Extensions(all);
}

function extension(extnID: string, value: object, critical = false): Extension {
  return new Extension({ extnID, critical, extnValue: new OctetString(AsnConvert.serialize(value)) });
}

function bytesOf(buffer: Buffer): ArrayBuffer {
  return new Uint8Array(buffer).buffer;
}
