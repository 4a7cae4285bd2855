import { AsnConvert } from '@peculiar/asn1-schema';
import {
  anyExtendedKeyUsage,
  Certificate,
  ExtendedKeyUsage,
  id_ce_extKeyUsage,
  id_ce_nameConstraints,
  id_ce_subjectAltName,
  id_kp_clientAuth,
  id_kp_serverAuth,
  NameConstraints,
  SubjectAlternativeName,
  type GeneralName,
  type GeneralSubtree,
  type Name,
} from '@peculiar/asn1-x509';
import { canonicalName } from '#dots/model/domainName';
import { covers, hostPrefix, parseAddress, parseNetwork } from '#dots/model/prefix';
import { certificateNames } from '../certificates/certificateNames';
import { extension, isSelfIssued, issuerFlags } from './issuers';

/**
 * Flags against a path, beside those of dots/mbedtls/dots.h: a CA of it is for another use, or the name constraints of
 * a CA exclude a name in it.
 */
export const wrongPurpose = 0x800_0000;
export const outsideConstraints = 0x1000_0000;

const emailAddress = '1.2.840.113549.1.9.1';

/**
 * The faults of a path that the library has found, as flags: issuers that must not sign (./issuers), independently of
 * the library's result, and what the library does not check: extended key usage of CAs (RFC 5280 section 4.2.1.12, read
 * as for the path below them) and name constraints (section 6.1.3 (b), (c)).
 * `path` is DER, from the trusted certificate down to the leaf, whose holder is a `role`. A certificate that cannot be
 * read here throws.
 */
export function pathFlags(path: readonly Uint8Array[], role: 'client' | 'server'): number {
  const certificates = path.map((der) => AsnConvert.parse(der, Certificate));
  const issuers = certificates.slice(0, -1);
  const suited = issuers.every((issuer) => isFor(issuer, role === 'server' ? id_kp_serverAuth : id_kp_clientAuth));
  const within = issuers.every((issuer, index) => {
    const constraints = constraintsOf(issuer);
    // Self-issued certificates, such as for a new key, are exempt: section 6.1.3.
    const held = certificates
      .slice(index + 1)
      .filter((each, at, rest) => at === rest.length - 1 || !isSelfIssued(each));
    return constraints === undefined || held.every((certificate) => satisfies(certificate, constraints));
  });
  return issuerFlags(issuers) | (suited ? 0 : wrongPurpose) | (within ? 0 : outsideConstraints);
}

function isFor(certificate: Certificate, usage: string): boolean {
  const value = extension(certificate, id_ce_extKeyUsage);
  return (
    value === undefined ||
    [...AsnConvert.parse(value, ExtendedKeyUsage)].some((each) => each === usage || each === anyExtendedKeyUsage)
  );
}

function constraintsOf(certificate: Certificate): NameConstraints | undefined {
  const value = extension(certificate, id_ce_nameConstraints);
  if (value === undefined) return undefined;
  const constraints = AsnConvert.parse(value, NameConstraints);
  // A value that is not re-encoded to the same octets is malformed, such as a mask that is not a prefix.
  if (!Buffer.from(AsnConvert.serialize(constraints)).equals(Buffer.from(value)))
    throw new TypeError('name constraints in an unknown form');
  return constraints;
}

type Form = keyof GeneralName;

/** The names of one form, and the test whether one of them is in a subtree. */
interface Names {
  form: Form;
  names: string[];
  contains: (name: string, base: GeneralName) => boolean;
}

/** Forms that are not compared here: a constraint on them is not satisfied by any certificate that has such a name. */
const otherForms: readonly Form[] = [
  'otherName',
  'rfc822Name',
  'uniformResourceIdentifier',
  'x400Address',
  'ediPartyName',
  'registeredID',
];

function namesIn(certificate: Certificate): Names[] {
  const { subject } = certificate.tbsCertificate;
  const value = extension(certificate, id_ce_subjectAltName);
  const general = value === undefined ? [] : [...AsnConvert.parse(value, SubjectAlternativeName)];
  const mail = subject.some((part) => [...part].some(({ type }) => type === emailAddress)) ? [emailAddress] : [];
  const { dns, srv, ip } = certificateNames(new Uint8Array(AsnConvert.serialize(certificate)));
  // An SRV-ID names a host as well (RFC 4985 section 2), and must not bypass a constraint on DNS names.
  const hosts = [...dns, ...srv.map((name) => name.replace(/^_[^.]*\./, ''))];
  const directory = [subject, ...general.map(({ directoryName }) => directoryName)]
    .filter((name) => name !== undefined && name.length > 0)
    .map((name) => directoryText(name!));
  return [
    { form: 'dNSName', names: hosts, contains: (name, { dNSName = '' }) => inDomain(name, dNSName) },
    { form: 'iPAddress', names: ip, contains: (name, { iPAddress = '' }) => inPrefix(name, iPAddress) },
    {
      form: 'directoryName',
      names: directory,
      contains: (name, { directoryName }) =>
        directoryName !== undefined && name.startsWith(directoryText(directoryName)),
    },
    ...otherForms.map((form): Names => ({
      form,
      names: [
        ...(form === 'rfc822Name' ? mail : []),
        ...general.filter((each) => each[form] !== undefined).map(() => form),
      ],
      contains: () => false,
    })),
  ];
}

function satisfies(certificate: Certificate, { permittedSubtrees, excludedSubtrees }: NameConstraints): boolean {
  const of = (form: Form, subtrees: readonly GeneralSubtree[] = []): GeneralName[] =>
    subtrees.map(({ base }) => base).filter((base) => base[form] !== undefined);
  return namesIn(certificate).every(({ form, names, contains }) => {
    const [permitted, excluded] = [of(form, permittedSubtrees), of(form, excludedSubtrees)];
    if (names.length > 0 && excluded.length > 0 && otherForms.includes(form)) return false;
    return names.every(
      (name) =>
        (permitted.length === 0 || permitted.some((base) => contains(name, base))) &&
        !excluded.some((base) => contains(name, base) || isBelow(name, base)),
    );
  });
}

/** Whether a wildcard may match an excluded name. */
function isBelow(name: string, { dNSName }: GeneralName): boolean {
  return (
    dNSName !== undefined && name.startsWith('*.') && canonicalName(dNSName).endsWith(canonicalName(name).slice(1))
  );
}

/** The name itself and all below it; with a leading dot, as many CAs write it, only those below. */
function inDomain(name: string, base: string): boolean {
  const [host, domain] = [canonicalName(name), canonicalName(base)];
  return domain === '' || host === domain || host.endsWith(domain.startsWith('.') ? domain : `.${domain}`);
}

/** Throws for a constraint that is no prefix: such a path is not valid, whether the constraint permits or excludes. */
function inPrefix(name: string, base: string): boolean {
  const [network, address] = [parseNetwork(base), parseAddress(name)];
  if (network === undefined || address === undefined) throw new TypeError(`${base} cannot be compared with ${name}`);
  return covers(network, hostPrefix(address));
}

/** A name normalised for comparison, without the case and the type of its strings: RFC 5280 section 7.1. */
function directoryText(name: Name): string {
  const parts = name.map((part) =>
    [...part]
      .map(({ type, value }) => JSON.stringify([type, value.toString().trim().replace(/\s+/g, ' ').toLowerCase()]))
      .sort()
      .join('+'),
  );
  return parts.map((part) => `${part}\n`).join('');
}
