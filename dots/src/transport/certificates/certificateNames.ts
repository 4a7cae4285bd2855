import { createHash, X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { AsnConvert, type OctetString } from '@peculiar/asn1-schema';
import { Certificate, id_ce_subjectAltName, SubjectAlternativeName, type GeneralName } from '@peculiar/asn1-x509';

/** id-on-dnsSRV: RFC 4985 section 2. */
const srvNameType = '1.3.6.1.5.5.7.8.7';
const commonNameType = '2.5.4.3';
const ia5String = 22;

/** The names in a certificate. */
export interface CertificateNames {
  /** DNS-IDs, as written. */
  dns: string[];
  /** SRV-IDs: `_dots-signal.example.net`. */
  srv: string[];
  ip: string[];
  /** For display only: it never authenticates a server (RFC 9525 section 2). */
  commonName?: string;
}

/** Reads the names in a certificate, DER; one without a subject alternative name has only its common name. */
export function certificateNames(der: Uint8Array): CertificateNames {
  const { subject, extensions } = AsnConvert.parse(der, Certificate).tbsCertificate;
  const alternative = extensions?.find(({ extnID }) => extnID === id_ce_subjectAltName);
  const general = alternative === undefined ? [] : generalNames(alternative.extnValue);
  const commonName = subject
    .flatMap((part) => [...part])
    .find(({ type }) => type === commonNameType)
    ?.value.toString();
  return {
    dns: general.flatMap(({ dNSName }) => dNSName ?? []),
    srv: general.flatMap(({ otherName }) =>
      otherName?.typeId === srvNameType ? (asciiOf(new Uint8Array(otherName.value)) ?? []) : [],
    ),
    ip: general.flatMap(({ iPAddress }) => iPAddress ?? []),
    ...(commonName === undefined ? {} : { commonName }),
  };
}

/** An unreadable subject alternative name names no host. */
function generalNames(value: OctetString): GeneralName[] {
  try {
    return [...AsnConvert.parse(value, SubjectAlternativeName)];
  } catch {
    return [];
  }
}

/** The text of an IA5String of less than 128 bytes, in DER. */
function asciiOf(der: Uint8Array): string | undefined {
  return der[0] === ia5String && der[1] === der.length - 2 && der.length < 130
    ? Buffer.from(der.subarray(2)).toString('latin1')
    : undefined;
}

/**
 * Whether a certificate is for the server that the user named: RFC 6125 section 6 and RFC 9525 section 6, with the
 * identifiers of RFC 9132 section 7.1. An IP address needs an iPAddress, a name a DNS-ID or an SRV-ID of the service; a
 * common name never counts.
 */
export function isForServer(der: Uint8Array, serverName: string, service = 'dots-signal'): boolean {
  if (isIP(serverName) !== 0) return new X509Certificate(der).checkIP(serverName) !== undefined;
  const { dns, srv } = certificateNames(der);
  const wanted = folded(serverName);
  return (
    dns.some((name) => matches(folded(name), wanted)) || srv.some((name) => folded(name) === `_${service}.${wanted}`)
  );
}

/** The names in a certificate, in readable form: `DNS:a.example, IP:192.0.2.1`. */
export function namesText(der: Uint8Array): string {
  const { dns, srv, ip } = certificateNames(der);
  const all = [
    ...dns.map((name) => `DNS:${name}`),
    ...srv.map((name) => `SRV:${name}`),
    ...ip.map((name) => `IP:${name}`),
  ];
  return all.length === 0 ? 'it contains no host names' : `it is for ${all.join(', ')}`;
}

/** The identifier of a certificate's holder on every channel: the SHA-256 of the public key, hex. */
export function keyIdentity(der: Uint8Array): string {
  const { publicKey } = new X509Certificate(der);
  return createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('hex');
}

/** The identifier of a pre-shared key's holder. */
export function pskIdentity(identity: string): string {
  return `psk:${identity}`;
}

/** The display name of the holder of a verified certificate. */
export function holderName(der: Uint8Array): string {
  const { dns, commonName, ip } = certificateNames(der);
  return dns[0] ?? commonName ?? ip[0] ?? new X509Certificate(der).subject.replaceAll('\n', ', ');
}

/** DNS names are compared without the case of ASCII letters and without the final dot. */
function folded(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => letter.toLowerCase()).replace(/\.$/, '');
}

/** A wildcard matches exactly one label, the first, of at least three: RFC 9525 section 6.3. */
function matches(presented: string, wanted: string): boolean {
  if (!presented.startsWith('*.')) return presented === wanted;
  const dot = wanted.indexOf('.');
  return dot > 0 && presented.slice(1) === wanted.slice(dot) && presented.split('.').length > 2;
}
