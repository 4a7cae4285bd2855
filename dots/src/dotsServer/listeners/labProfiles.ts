import { basename, dirname, join } from 'node:path';
import type { JsonObject } from '#dots/model/json';
import { writeFileAtomically } from '#dots/runtime/atomicFile';
import { labProfilesFile, type Lab, type LabClient } from '#dots/transport/certificates/lab';

/** The files with which a client uses the server of a lab, as paths. */
export interface LabFiles {
  /** The CA to trust, a client certificate and its key. */
  ca: string;
  cert: string;
  key: string;
  /** The profiles that name them and the addresses of the server. */
  profiles: string;
  /** What each client that the lab has issued a certificate for proves itself with, and its cuid, by its name. */
  clients: ReadonlyMap<string, { ca: string; cert: string; key: string; cuid: string }>;
}

/** The prefixes of documentation, which nobody uses: RFC 5737, RFC 3849. */
const labPrefixes = ['192.0.2.0/24', '198.51.100.0/24', '203.0.113.0/24', '2001:db8::/32'];

/** The profile that every lab has. */
const labProfile = 'lab';

/** A client, as far as its profile shows it. */
interface ProfiledClient {
  name: string;
  cuid?: string | undefined;
  ownPrefixes?: readonly string[] | undefined;
}

/**
 * Writes the profiles of a lab beside its certificates: one for each client that the lab has issued a certificate for,
 * and `lab`, which is the first of them; where there is none, `lab` has the certificate that every lab has.
 */
export async function writeLabProfiles(
  lab: Lab,
  addresses: { coaps: string | undefined; coapsTcp: string; data: string },
  clients: readonly ProfiledClient[] = [],
): Promise<LabFiles> {
  const issued = clients.flatMap((client) => {
    const files = lab.clients.get(client.name);
    return files === undefined ? [] : [{ ...client, ...files }];
  });
  const first: IssuedClient = issued[0] ?? { ...lab.files, name: labProfile, identity: lab.identity };
  const named = [{ ...first, name: labProfile }, ...issued];
  const server = {
    signal: addresses.coaps ?? addresses.coapsTcp,
    data: addresses.data,
    ca: basename(lab.files.ca),
    production: false,
  };
  const profiles = Object.fromEntries(named.map((client) => [client.name, { ...server, ...profileOf(client) }]));
  const path = join(dirname(lab.files.ca), labProfilesFile);
  await writeFileAtomically(path, `${JSON.stringify({ profiles }, null, 2)}\n`);
  const { ca } = lab.files;
  const proofs = issued.map((client) => {
    const { name, cert, key } = client;
    return [name, { ca, cert, key, cuid: cuidOf(client) }] as const;
  });
  return { ca, cert: first.cert, key: first.key, profiles: path, clients: new Map(proofs) };
}

type IssuedClient = ProfiledClient & LabClient;

const cuidOf = ({ cuid, identity }: IssuedClient): string => cuid ?? recommendedCuid(identity);

function profileOf(client: IssuedClient): JsonObject {
  const { cert, key, ownPrefixes = labPrefixes } = client;
  return {
    certificate: basename(cert),
    key: basename(key),
    cuid: cuidOf(client),
    'own-prefixes': [...ownPrefixes],
  };
}

/** The cuid that RFC 9132 section 4.4.1.1 recommends for a certificate: half of the hash of its public key. */
function recommendedCuid(identity: string): string {
  return Buffer.from(identity, 'hex').subarray(0, 16).toString('base64url');
}
