import { DotsError } from '#dots/model/errors';
import { nextTurn } from '#dots/runtime/nextTurn';
import { emptyState, type Journal, type JournalChange, type StoredState } from './journal';
import type { StoredForm } from './storedForm';
import { Table, type StagedChange, type TableEntry } from './table';
import { WorkQueue } from './workQueue';

/** How many requests are decided in one turn of the event loop, and how long it lasts at most, milliseconds. */
const mostAtOnce = 64;
const turnMs = 10;

/** A request that waits for its decision. */
interface Waiting {
  decide: () => unknown;
  resolve: (value: never) => void;
  reject: (error: unknown) => void;
}

/** A request whose decision is made. */
interface Decided extends Waiting {
  outcome: { value: unknown } | { error: unknown };
  changes: StagedChange[];
}

/**
 * Everything that a server must not lose, in tables. A request is decided in one go and stored as a whole, or not at
 * all; requests that arrive while others are being stored are decided and stored together with one write.
 */
export class Store {
  private readonly tables = new Map<string, Table<never>>();
  private waiting: Waiting[] = [];
  private current: StagedChange[] | undefined;
  private running: Promise<void> | undefined;
  private storing = false;
  private readonly writes = new WorkQueue();
  private readonly beforeTurn: (() => void)[] = [];
  private readonly afterTurn: (() => Promise<void> | void)[] = [];

  /** @param monotonic `Clock.monotonic`; by default the time of a turn is not limited */
  constructor(
    private readonly journal: Journal,
    private readonly stored: StoredState = emptyState,
    private readonly monotonic: () => number = () => 0,
  ) {}

  /**
   * The table of a form, with what was stored in it. Throws `orchestrator/state-unreadable` for a value that is
   * refused.
   */
  table<T extends TableEntry>(form: StoredForm<T>): Table<T> {
    const [name] = form.names;
    const known = this.tables.get(name) as Table<T> | undefined;
    if (known !== undefined) return known;
    const table = new Table<T>(form, (change) => this.stage(change));
    const entries = this.stored.entries.filter((entry) => form.names.includes(entry.table));
    for (const loaded of form.read(entries, (entry, reason) => this.stored.damaged(entry, reason))) table.load(loaded);
    for (const each of form.names) this.tables.set(each, table as unknown as Table<never>);
    return table;
  }

  /**
   * Throws `orchestrator/state-unreadable` for an entry of a table that does not exist. Called once every table is
   * there.
   */
  refuseUnknownTables(): void {
    const unknown = this.stored.entries.find(({ table }) => !this.tables.has(table));
    if (unknown !== undefined) throw this.stored.damaged(unknown, `there is no table ${JSON.stringify(unknown.table)}`);
  }

  /**
   * Decides one request: `decide` runs alone, without waiting, and sees the changes of all requests before it. What it
   * puts into and removes from tables is stored as a whole, then applied; then its result is returned. Where it throws,
   * nothing of it is stored and the error is passed on. Throws a StoreError where its changes, or those it may have
   * seen, could not be stored: then nothing has changed.
   */
  exclusive<T>(decide: () => T): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.waiting.push({ decide, resolve, reject });
      this.running ??= this.run();
    });
  }

  /** Whether decisions are being made or stored: until they are applied, nothing else may change the tables. */
  get isStoring(): boolean {
    return this.storing;
  }

  /** Calls back before decisions are made, to bring tables up to date. */
  onWillDecide(listener: () => void): void {
    this.beforeTurn.push(listener);
  }

  /**
   * Calls back once decisions are stored and applied, or could not be stored; their results are returned after that.
   */
  onDidApply(listener: () => Promise<void> | void): void {
    this.afterTurn.push(listener);
  }

  /** Waits for all requests. */
  async idle(): Promise<void> {
    while (this.running !== undefined) await this.running;
    await this.writes.idle();
  }

  /**
   * Stores changes that are not those of a request, after what is being stored now.
   * @param changes is called when it is their turn. Throws a StoreError
   */
  append(changes: () => readonly JournalChange[]): Promise<void> {
    return this.writes.run(() => this.journal.append([changes()]));
  }

  async close(): Promise<void> {
    await this.idle();
    await this.journal.close();
  }

  private stage(change: StagedChange): void {
    if (this.current === undefined)
      throw new DotsError(
        'usage',
        'orchestrator/internal',
        'The state is changed in a decision only (Store.exclusive).',
      );
    this.current.push(change);
  }

  private async run(): Promise<void> {
    // Requests that arrive in the same turn are decided together.
    await Promise.resolve();
    while (this.waiting.length > 0) {
      const taken: Waiting[] = [];
      await this.turn(taken).catch((error: unknown) => {
        for (const { reject } of taken.length > 0 ? taken : this.waiting.splice(0)) reject(error);
      });
      if (this.waiting.length > 0) await nextTurn();
    }
    this.running = undefined;
  }

  /** @param taken receives the requests that are decided */
  private async turn(taken: Waiting[]): Promise<void> {
    for (const listener of this.beforeTurn) listener();
    this.storing = true;
    const decided = this.decideAll(taken);
    const first = decided.findIndex(({ changes }) => changes.length > 0);
    const independent = first < 0 ? decided : decided.slice(0, first);
    for (const request of independent) settle(request);
    const dependent = decided.slice(independent.length);
    if (dependent.length === 0) {
      this.storing = false;
      return;
    }
    try {
      const records = dependent.map(({ changes }) => changes.flatMap(({ stored }) => stored));
      await this.writes.run(() => this.journal.append(records.filter((record) => record.length > 0)));
    } catch (error) {
      await this.finish();
      for (const { reject } of dependent) reject(error);
      return;
    }
    for (const { changes } of dependent) for (const change of changes) change.apply();
    await this.finish();
    for (const request of dependent) settle(request);
  }

  /** All in one turn of the event loop: nothing else sees a change before it is stored. */
  private decideAll(taken: Waiting[]): Decided[] {
    const begun = this.monotonic();
    const decided: Decided[] = [];
    while (taken.length < mostAtOnce && (taken.length === 0 || this.monotonic() - begun < turnMs)) {
      const request = this.waiting.shift();
      if (request === undefined) break;
      taken.push(request);
      decided.push(this.decide(request));
    }
    for (const { changes } of [...decided].reverse()) undo(changes);
    return decided;
  }

  private decide(request: Waiting): Decided {
    const changes: StagedChange[] = [];
    this.current = changes;
    try {
      return { ...request, outcome: { value: request.decide() }, changes };
    } catch (error) {
      undo(changes);
      return { ...request, outcome: { error }, changes: [] };
    } finally {
      this.current = undefined;
    }
  }

  private async finish(): Promise<void> {
    this.storing = false;
    for (const listener of this.afterTurn) await listener();
  }
}

function undo(changes: readonly StagedChange[]): void {
  for (const change of [...changes].reverse()) change.undo();
}

function settle({ outcome, resolve, reject }: Decided): void {
  if ('error' in outcome) reject(outcome.error);
  else resolve(outcome.value as never);
}
