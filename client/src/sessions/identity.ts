import type * as vscode from 'vscode';
import { readFile } from 'node:fs/promises';
import type { ClientLedger } from '#dots/signal/ledger';
import type { Ledger, LedgerOfClient, ServerProof } from '#dots/signal/ledgerFolder';
import type { ClientCredentials } from '#dots/transport/certificates/credentials';

/** What is known of a target before its cuid is. */
interface Proof {
  credentials: ServerProof;
  server: string;
  profile: string;
  clientCredentials?: ClientCredentials;
  files?: { cert?: string };
}

/** Who this DOTS client is, and what it asked of which server: the same ledger as that of the command `dots`. */
export class ClientIdentity {
  private opened: Promise<Ledger> | undefined;
  /** The cuids that nobody has configured. */
  private readonly derived = new Set<string>();

  constructor(private readonly log: vscode.LogOutputChannel) {}

  /**
   * The cuid that follows from what proves this client (RFC 9132 section 4.4.1.1), or the one that replaces it. Throws
   * a DotsError.
   */
  async cuid(proof: Proof): Promise<string> {
    const { chosenCuid } = await import('#lazy/protocol');
    const { cuid } = chosenCuid(await this.ledgersAt(proof), await derivedCuid(proof), proof.profile);
    this.derived.add(cuid);
    return cuid;
  }

  /** What a client asked of its server. Throws a DotsError. */
  async client({
    server,
    cuid,
    credentials,
  }: Pick<Proof, 'server' | 'credentials'> & { cuid: string }): Promise<LedgerOfClient> {
    const ledger = await this.ledger();
    const { serverName } = credentials;
    return ledger.client({
      address: server,
      serverName,
      cuid,
      source: this.derived.has(cuid) ? 'derived' : 'configured',
    });
  }

  /** Of the server of a signal channel; the data channel is known by the profile that has both. */
  private async ledgersAt({ server, profile, credentials }: Proof): Promise<ClientLedger[]> {
    const { serverName } = await import('#lazy/protocol');
    const clients = await (await this.ledger()).clients();
    if (!isData(server)) return clients.filter((known) => known.server === serverName(server, credentials));
    return clients.filter(({ entries }) => entries.some((entry) => entry.profile === profile));
  }

  private ledger(): Promise<Ledger> {
    this.opened ??= this.open();
    return this.opened;
  }

  private async open(): Promise<Ledger> {
    try {
      const protocol = await import('#lazy/protocol');
      return await protocol.Ledger.open(undefined, (sentence) => this.log.warn(sentence));
    } catch (error) {
      this.opened = undefined;
      throw error;
    }
  }
}

const isData = (server: string): boolean => /^https:/i.test(server);

async function derivedCuid({ clientCredentials, files }: Proof): Promise<string> {
  const { cuidOf, cuidOfCertificate, cuidOnPlainPath } = await import('#lazy/protocol');
  if (clientCredentials !== undefined) return cuidOf(clientCredentials) ?? cuidOnPlainPath();
  // A certificate that cannot be read is reported when it is used.
  const certificate = files?.cert && (await readFile(files.cert, 'utf8').catch(() => undefined));
  return (certificate && cuidOfCertificate(certificate)) || cuidOnPlainPath();
}
