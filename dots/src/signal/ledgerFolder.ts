import { createHash } from 'node:crypto';
import { systemClock, type Clock } from '#dots/runtime/clock';
import { fileReason } from '#dots/runtime/fileReason';
import { PrivateFolder, type Notify } from '#dots/runtime/privateFolder';
import { stateFolder } from '#dots/runtime/stateFolder';
import { VersionedFile } from '#dots/runtime/versionedFile';
import { DotsError } from '#dots/model/errors';
import { addressText, noDataAddress, parseServer, type Address } from '#dots/transport/address';
import { serverNameOf } from '#dots/transport/certificates/serverName';
import {
  answered,
  emptyLedger,
  notSent,
  sending,
  settled,
  withdrawn,
  type ClientLedger,
  type EntryKey,
  type IdName,
  type LedgerEntry,
  type NewRequest,
  type Verdict,
} from './ledger';
import { begin } from './ledgerBegin';
import { beginControl, withControl, withoutControl, type BegunControl } from './ledgerControls';
import { withInstalled, withoutInstalled, type Installation } from './ledgerInstalled';
import { deleted, listedIds } from './ledgerLists';
import { isClientLedger } from './ledgerShape';
import { reported, type Comparison, type Report } from './ledgerReport';

/** Who a client is to a server. */
export type ClientName = Pick<ClientLedger, 'cuid' | 'address' | 'source'> & ServerProof;

/** What the certificate of a server is checked against, where that is not the host of its address. */
export interface ServerProof {
  serverName?: string | undefined;
}

/**
 * What a server is known by: the name and port that its certificate is checked against. Throws a DotsError of kind
 * `usage` for an address or a name that is none.
 */
export function serverName(address: string, { serverName: named }: ServerProof = {}): string {
  const { host, port } = /^https:/i.test(address) ? dataAddress(address) : parseServer(address);
  return addressText({
    host: (named === undefined ? host : serverNameOf(named)).toLowerCase().replace(/\.$/, ''),
    port,
  });
}

/** The host and port of a data channel, which is a server of its own where its signal channel is not known. */
function dataAddress(address: string): Address {
  if (!URL.canParse(address)) throw noDataAddress(address);
  const { hostname, port } = new URL(address);
  return { host: hostname.replace(/^\[|\]$/g, ''), port: port === '' ? 443 : Number(port) };
}

/**
 * What the clients of this user asked of which server: one file for each server and cuid, which many processes may
 * change at once.
 */
export class Ledger {
  private readonly files = new Map<string, VersionedFile<ClientLedger>>();

  private constructor(
    private readonly folder: PrivateFolder,
    private readonly clock: Clock,
  ) {}

  /**
   * Opens the ledger in a folder, which is made where it is missing. Throws a DotsError `signal/ledger` or
   * `runtime/not-private`.
   */
  static open(
    path: string = stateFolder(),
    notify: Notify = () => undefined,
    clock: Clock = systemClock,
  ): Promise<Ledger> {
    return inWords(path, async () => {
      const folder = await PrivateFolder.make(path, {
        names: /^(client-[0-9a-f]+\.\d+\.json.*|addresses\.json.*|sessions\.json.*|run|\.gitignore)$/,
        notify,
      });
      return new Ledger(folder, clock);
    });
  }

  get path(): string {
    return this.folder.path;
  }

  /** All that is known, as of now, ordered by server and cuid. Throws a DotsError. */
  async clients(): Promise<ClientLedger[]> {
    const all = await inWords(this.path, async () => {
      const names = (await VersionedFile.names(this.folder)).filter((name) => name.startsWith('client-'));
      return Promise.all(names.map((name) => this.file(name).read()));
    });
    return all
      .filter((ledger) => ledger !== undefined)
      .map((ledger) => settled(ledger, this.clock.now()))
      .sort((one, other) => (`${one.server} ${one.cuid}` < `${other.server} ${other.cuid}` ? -1 : 1));
  }

  /** The part of one client of one server. Throws a DotsError for an address that is none. */
  client(name: ClientName): LedgerOfClient {
    const server = serverName(name.address, name);
    const hash = createHash('sha256').update(`${server}\n${name.cuid}`).digest('hex').slice(0, 32);
    return new LedgerOfClient(this.file(`client-${hash}`), { ...name, server }, this.clock, this.path);
  }

  private file(name: string): VersionedFile<ClientLedger> {
    const known = this.files.get(name) ?? new VersionedFile(this.folder, name, isClientLedger);
    this.files.set(name, known);
    return known;
  }
}

/**
 * What one client asked of one server. Each method is one change on disk when it resolves, and rejects with a
 * DotsError.
 */
export class LedgerOfClient {
  constructor(
    private readonly file: VersionedFile<ClientLedger>,
    private readonly name: ClientName & { server: string },
    private readonly clock: Clock,
    private readonly path: string,
  ) {}

  /** What is known as of now. */
  async read(): Promise<ClientLedger> {
    const ledger = await inWords(this.path, () => this.file.read());
    return settled(ledger ?? emptyLedger(this.name), this.clock.now());
  }

  /** Enters a request, and chooses its mid where none is named; see `begin`. */
  begin(request: NewRequest): Promise<{ entry: LedgerEntry; refreshes: boolean }> {
    return this.change((ledger, now) => {
      const { ledger: value, ...result } = begin(ledger, request, now);
      return { value, result };
    });
  }

  /** The request is handed to the network. */
  sending(key: EntryKey): Promise<void> {
    return this.become((ledger, now) => sending(ledger, key, now));
  }

  /** Nothing of the request has left this machine; `before` is its entry as `begin` returned it. */
  notSent(before: LedgerEntry): Promise<void> {
    return this.become((ledger) => notSent(ledger, before, before));
  }

  answered(key: EntryKey, verdict: Verdict): Promise<void> {
    return this.become((ledger, now) => answered(ledger, key, verdict, now));
  }

  withdrawn(mid: number, code: string): Promise<void> {
    return this.become((ledger, now) => withdrawn(ledger, mid, code, now));
  }

  /** Takes over what the server reports of one mitigation or of all; see `reported`. */
  reported(answer: Report, asked?: number): Promise<Comparison> {
    return this.change((ledger, now) => {
      const result = reported(ledger, answer, now, asked);
      return { value: result.ledger, result };
    });
  }

  /** The server has accepted aliases or ACLs. */
  installed(installation: Installation): Promise<void> {
    return this.become((ledger, now) => withInstalled(ledger, installation, now));
  }

  /** The server has removed an alias or an ACL, or all of this client. */
  removed(removed: Parameters<typeof withoutInstalled>[1]): Promise<void> {
    return this.become((ledger, now) => withoutInstalled(ledger, removed, now));
  }

  /** The server has deleted what has a sid, tsid or tmid, or all of one kind; see `deleted`. */
  deleted(parameter: IdName, id: number | undefined, code: string): Promise<void> {
    return this.become((ledger, now) => deleted(ledger, parameter, id, code, now));
  }

  /** The server has listed the sids, tsids or tmids that it has; see `listedIds`. */
  listed(parameter: IdName, ids: ReadonlySet<number>, isWhole: boolean): Promise<void> {
    return this.become((ledger, now) => listedIds(ledger, parameter, ids, isWhole, now));
  }

  /** Enters a second step of filter control, which is due later (RFC 9133 section 3.2.1). */
  controlLater(control: Parameters<typeof withControl>[1]): Promise<void> {
    return this.become((ledger) => withControl(ledger, control));
  }

  /** Begins a second step that is due; see `beginControl`. */
  beginControl(mid: number): Promise<BegunControl> {
    return this.change((ledger, now) => {
      const { ledger: value, begun: result } = beginControl(ledger, mid, now);
      return { value, result };
    });
  }

  /** The second step for a mitigation was made. */
  controlled(mid: number): Promise<void> {
    return this.become((ledger) => withoutControl(ledger, mid));
  }

  /** Another client uses this cuid: from now on another one is used (RFC 9132 section 4.4.1.3). */
  replaced(by: string): Promise<void> {
    return this.become((ledger) => ({ ...ledger, replacedBy: by }));
  }

  private become(change: (ledger: ClientLedger, now: number) => ClientLedger): Promise<void> {
    return this.change((ledger, now) => ({ value: change(ledger, now), result: undefined }));
  }

  private change<R>(change: (ledger: ClientLedger, now: number) => { value: ClientLedger; result: R }): Promise<R> {
    return inWords(this.path, () =>
      this.file.change((ledger) =>
        change({ ...(ledger ?? emptyLedger(this.name)), address: this.name.address }, this.clock.now()),
      ),
    );
  }
}

/** Does something in the folder of the ledger. Throws a DotsError for an error of the file system. */
async function inWords<T>(path: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (cause) {
    if (cause instanceof DotsError || !(cause instanceof Error) || !('code' in cause)) throw cause;
    throw new DotsError(
      'usage',
      'signal/ledger',
      `The ledger in ${path} cannot be used: ${fileReason(cause)}.`,
      'Name another folder with --ledger, where identifiers start anew, or correct this one.',
      { cause },
    );
  }
}
