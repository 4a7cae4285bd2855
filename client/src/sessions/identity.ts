import type * as vscode from 'vscode';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { stateFolder } from '#dots/runtime/stateFolder';
import type { ChosenCuid } from '#dots/signal/cuids';
import type { ClientLedger } from '#dots/signal/ledger';
import type { Ledger, LedgerOfClient, ServerProof } from '#dots/signal/ledgerFolder';
import type { ClientCredentials } from '#dots/transport/certificates/credentials';

/** What is known of a target before its cuid is. */
interface Proof {
  credentials: ServerProof;
  server: string;
  /** For a data channel: the signal channel of the same server. */
  signalServer?: string | undefined;
  profile: string;
  clientCredentials?: ClientCredentials;
  files?: { cert?: string };
}

/** A client of a server, on either channel. */
type ClientAt = Pick<Proof, 'server' | 'signalServer' | 'credentials'> & { cuid: string };

/** Who this DOTS client is, and what it asked of which server: the same ledger as that of the command `dots`. */
export class ClientIdentity {
  private opened: Promise<Ledger> | undefined;
  /** Where the cuids are from that nobody has configured. */
  private readonly sources = new Map<string, ChosenCuid['source']>();

  constructor(private readonly log: vscode.LogOutputChannel) {}

  /**
   * The cuid that follows from what proves this client (RFC 9132 section 4.4.1.1), or the one that replaces it. Throws
   * a DotsError.
   */
  async cuid(proof: Proof): Promise<string> {
    const { chosenCuid } = await import('#lazy/protocol');
    const { cuid, source } = chosenCuid(await this.ledgersAt(proof), await derivedCuid(proof), proof.profile);
    this.sources.set(cuid, source);
    return cuid;
  }

  /** Where a cuid is from. */
  sourceOf(cuid: string): ChosenCuid['source'] {
    return this.sources.get(cuid) ?? 'configured';
  }

  /** Generates the cuid that is used from now on instead of one that another client uses. Throws a DotsError. */
  async renamed(target: ClientAt): Promise<string> {
    const { newCuid } = await import('#lazy/protocol');
    const cuid = newCuid();
    await (await this.client(target)).replaced(cuid);
    this.sources.set(cuid, 'generated');
    return cuid;
  }

  /**
   * The clients that have running or unanswered mitigation requests, with the profile of each; none where there is no
   * ledger yet. Throws a DotsError.
   */
  async withRequests(): Promise<{ profile: string; ledger: ClientLedger }[]> {
    if (!existsSync(stateFolder())) return [];
    const { isRunning } = await import('#lazy/protocol');
    return (await (await this.ledger()).clients()).flatMap((ledger) => {
      const { profile } = ledger.entries.findLast((entry) => isRunning(entry) && entry.profile !== null) ?? {};
      return profile === undefined || profile === null ? [] : [{ profile, ledger }];
    });
  }

  /**
   * The clients that have installed aliases or ACLs, by the ledger, with the addresses of the data channels; none where
   * there is no ledger yet. Throws a DotsError.
   */
  async withInstalled(): Promise<{ cuid: string; addresses: string[] }[]> {
    if (!existsSync(stateFolder())) return [];
    const { installedNow } = await import('#lazy/protocol');
    return (await (await this.ledger()).clients())
      .map((ledger) => ({ cuid: ledger.cuid, addresses: installedNow(ledger).map(({ address }) => address) }))
      .filter(({ addresses }) => addresses.length > 0);
  }

  /** What a client asked of its server. Throws a DotsError. */
  async client({ server, signalServer, cuid, credentials }: ClientAt): Promise<LedgerOfClient> {
    const ledger = await this.ledger();
    const { serverName } = credentials;
    return ledger.client({ address: signalServer ?? server, serverName, cuid, source: this.sourceOf(cuid) });
  }

  /** What is known of the server of a signal channel; nothing where only its data channel is known. */
  private async ledgersAt({ server, signalServer, credentials }: Proof): Promise<ClientLedger[]> {
    const { serverName } = await import('#lazy/protocol');
    const address = isData(server) ? signalServer : server;
    if (address === undefined) return [];
    const name = serverName(address, credentials);
    return (await (await this.ledger()).clients()).filter((known) => known.server === name);
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
