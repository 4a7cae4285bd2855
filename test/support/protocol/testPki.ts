import { execFileSync } from 'node:child_process';
import { sign, X509Certificate } from 'node:crypto';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { AsnConvert } from '@peculiar/asn1-schema';
import {
  Certificate,
  id_ce_authorityKeyIdentifier,
  Version,
  type Extensions,
  type TBSCertificate,
} from '@peculiar/asn1-x509';
import { needTool } from '../tools';
import { temporaryFolder } from './scene';

export type KeyKind = 'ec' | 'rsa' | 'ed25519';

/** A certificate and its key: PEM texts for our own ends, files for the tools. */
export interface Identity {
  /** The certificate, and after it those between it and the CA. */
  cert: string;
  key: string;
  certFile: string;
  keyFile: string;
}

export interface IssueOptions {
  purpose?: 'server' | 'client' | 'ca';
  /** DNS names and IP addresses of the subject alternative name; `SRV:_service.name` for an SRV-ID. */
  names?: readonly string[];
  /** The subject alternative name as DER in hexadecimal digits, for what openssl does not make by itself. */
  rawNames?: string;
  commonName?: string;
  /**
   * Instead of those of the purpose, as openssl writes them: `critical,CA:FALSE,pathlen:1`, `keyAgreement`; an empty
   * text for none.
   */
  basicConstraints?: string;
  keyUsage?: string;
  extendedKeyUsage?: string;
  /** As openssl writes them: `critical,permitted;DNS:example.net`. */
  nameConstraints?: string;
  /** Days from now. */
  from?: number;
  to?: number;
  /** Who signs instead of the CA: an intermediate one, or a certificate that must not. */
  by?: Identity;
  keyKind?: KeyKind;
  /** Whose key it certifies, instead of a new one. */
  keyOf?: Identity;
  /** Of an RSA key; 65537 by default. */
  publicExponent?: bigint;
}

const configuration = `[ca]
default_ca = main
[main]
database = index.txt
new_certs_dir = .
rand_serial = yes
default_md = sha256
default_crl_days = 30
unique_subject = no
policy = any
[any]
organizationName = optional
commonName = supplied
[req]
distinguished_name = subject
[subject]
`;

/** `openssl` in a folder; its talk is shown only when it fails. */
function openssl(folder: string, ...args: string[]): void {
  execFileSync('openssl', args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
}

const day = 24 * 3600 * 1000;

/** The time form of `openssl ca`. */
function stamp(days: number): string {
  return `${new Date(Date.now() + days * day)
    .toISOString()
    .replace(/[-:T]|\.\d+/g, '')
    .slice(0, 14)}Z`;
}

const purposes = {
  server: ['digitalSignature', 'serverAuth'],
  client: ['digitalSignature', 'clientAuth'],
  ca: ['keyCertSign,cRLSign', undefined],
} as const;

function nameText(name: string): string {
  if (name.startsWith('SRV:')) return `otherName:1.3.6.1.5.5.7.8.7;IA5STRING:${name.slice(4)}`;
  return `${isIP(name) === 0 ? 'DNS' : 'IP'}:${name}`;
}

function extensionsOf({
  purpose = 'server',
  names = [],
  rawNames,
  basicConstraints,
  keyUsage,
  extendedKeyUsage,
  nameConstraints,
}: IssueOptions): string {
  const [usage, extended] = purposes[purpose];
  const constraints = basicConstraints ?? `critical,CA:${purpose === 'ca' ? 'TRUE' : 'FALSE'}`;
  const lines = ['subjectKeyIdentifier=hash', 'authorityKeyIdentifier=keyid'];
  if (constraints !== '') lines.push(`basicConstraints=${constraints}`);
  if (keyUsage !== '') lines.push(`keyUsage=critical,${keyUsage ?? usage}`);
  const wanted = extendedKeyUsage ?? extended;
  if (wanted !== undefined) lines.push(`extendedKeyUsage=${wanted}`);
  if (rawNames !== undefined) lines.push(`2.5.29.17=DER:${rawNames}`);
  if (names.length > 0) lines.push(`subjectAltName=${names.map(nameText).join(',')}`);
  // Last, for it may bring a section of its own.
  if (nameConstraints !== undefined) lines.push(`nameConstraints=${nameConstraints}`);
  return `${lines.join('\n')}\n`;
}

/** A CA of one's own with all that a test may want signed or revoked, in a folder that is gone after the test. */
export class TestPki {
  private issued = 0;

  private constructor(
    private readonly folder: string,
    private readonly kind: KeyKind,
    readonly ca: Identity,
  ) {}

  /** Undefined, the test skipped, where openssl is missing. */
  static async create(t: TestContext, kind: KeyKind = 'ec'): Promise<TestPki | undefined> {
    if (!needTool(t, 'openssl', 'openssl')) return undefined;
    return TestPki.in(await temporaryFolder(t), kind);
  }

  /** In a folder that is kept, for several tests of one file. */
  static in(folder: string, kind: KeyKind = 'ec'): TestPki {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'ca.cnf'), configuration);
    writeFileSync(join(folder, 'index.txt'), '');
    newKey(folder, 'ca', kind);
    openssl(
      folder,
      'req',
      '-x509',
      '-new',
      '-config',
      'ca.cnf',
      '-key',
      'ca.key',
      '-subj',
      '/O=Test/CN=Test CA',
      '-days',
      '30',
      '-sha256',
      '-out',
      'ca.pem',
      '-addext',
      'basicConstraints=critical,CA:TRUE',
      '-addext',
      'keyUsage=critical,keyCertSign,cRLSign',
      '-addext',
      'subjectKeyIdentifier=hash',
    );
    return new TestPki(folder, kind, identity(folder, 'ca'));
  }

  /** A new key, unless there is one already, and its certificate, signed by the CA by default. */
  issue(options: IssueOptions = {}): Identity {
    const { folder } = this;
    const name = `leaf-${++this.issued}`;
    const by = options.by ?? this.ca;
    if (options.keyOf === undefined) newKey(folder, name, options.keyKind ?? this.kind, options.publicExponent);
    else copyFileSync(options.keyOf.keyFile, join(folder, `${name}.key`));
    writeFileSync(join(folder, `${name}.ext`), extensionsOf(options));
    openssl(
      folder,
      'req',
      '-new',
      '-config',
      'ca.cnf',
      '-key',
      `${name}.key`,
      '-subj',
      `/O=Test/CN=${options.commonName ?? name}`,
      '-out',
      `${name}.csr`,
    );
    openssl(
      folder,
      'ca',
      '-batch',
      '-notext',
      '-config',
      'ca.cnf',
      '-cert',
      by.certFile,
      '-keyfile',
      by.keyFile,
      '-in',
      `${name}.csr`,
      '-out',
      `${name}.pem`,
      '-startdate',
      stamp(options.from ?? -1),
      '-enddate',
      stamp(options.to ?? 20),
      '-extfile',
      `${name}.ext`,
    );
    if (options.by !== undefined) writeFileSync(join(folder, `${name}.pem`), options.by.cert, { flag: 'a' });
    return identity(folder, name);
  }

  /**
   * The revocation list of the CA, or of another one, PEM, with these certificates on it; it stays good for so many
   * days, of which a negative number makes one that is out of date.
   */
  revocations(revoked: readonly Identity[], days = 30, from = Math.min(days, 0) - 1, by = this.ca): string {
    for (const { certFile } of revoked) this.sign(by, '-revoke', certFile);
    this.sign(by, '-gencrl', '-crl_lastupdate', stamp(from), '-crl_nextupdate', stamp(days), '-out', 'crl.pem');
    return readFileSync(join(this.folder, 'crl.pem'), 'utf8');
  }

  private sign(by: Identity, ...args: string[]): void {
    openssl(this.folder, 'ca', '-config', 'ca.cnf', '-cert', by.certFile, '-keyfile', by.keyFile, ...args);
  }
}

/**
 * The certificate of an identity with other contents, signed again by an issuer, or by itself: for what openssl does
 * not make. Without the chain that it had.
 */
export function resigned(
  { cert, ...identity }: Identity,
  change: (tbs: TBSCertificate) => void,
  by: { key: string } = identity,
): Identity {
  const certificate = AsnConvert.parse(new X509Certificate(cert).raw, Certificate);
  change(certificate.tbsCertificate);
  delete certificate.tbsCertificateRaw;
  certificate.signatureValue = new Uint8Array(
    sign('sha256', Buffer.from(AsnConvert.serialize(certificate.tbsCertificate)), by.key),
  ).buffer;
  const certFile = identity.certFile.replace(/pem$/, 'resigned.pem');
  const made = new X509Certificate(Buffer.from(AsnConvert.serialize(certificate))).toString();
  writeFileSync(certFile, made);
  return { ...identity, certFile, cert: made };
}

/** Makes a certificate one that vouches for itself. */
export function asSelfIssued(tbs: TBSCertificate): void {
  tbs.issuer = tbs.subject;
  if (tbs.extensions !== undefined)
    tbs.extensions = tbs.extensions.filter(({ extnID }) => extnID !== id_ce_authorityKeyIdentifier) as Extensions;
}

/** Leaves a certificate without extensions, as before there were any: RFC 5280 section 4.1.2.1. */
export function asVersion1(tbs: TBSCertificate): void {
  tbs.version = Version.v1;
  delete tbs.extensions;
}

const keyOptions: Readonly<Record<KeyKind, (publicExponent: bigint) => string[]>> = {
  ec: () => ['EC', 'ec_paramgen_curve:P-256'],
  rsa: (publicExponent) => ['RSA', 'rsa_keygen_bits:2048', `rsa_keygen_pubexp:${publicExponent}`],
  ed25519: () => ['ED25519'],
};

function newKey(folder: string, name: string, kind: KeyKind, publicExponent = 65537n): void {
  openssl(
    folder,
    'genpkey',
    '-algorithm',
    ...keyOptions[kind](publicExponent).flatMap((option, index) => (index === 0 ? [option] : ['-pkeyopt', option])),
    '-out',
    `${name}.key`,
  );
}

function identity(folder: string, name: string): Identity {
  const [certFile, keyFile] = [join(folder, `${name}.pem`), join(folder, `${name}.key`)];
  return { cert: readFileSync(certFile, 'utf8'), key: readFileSync(keyFile, 'utf8'), certFile, keyFile };
}
