import { basename } from 'node:path';
import type { JournalFile, JournalFolder } from '#dots/dotsServer/state/fileJournal';

/** The content of a file: as programs see it, and as it is on the disk. */
interface Inode {
  seen: Buffer;
  stored: Buffer;
}

/**
 * What goes wrong with one operation. fails: no effect; half: a write has half of its effect; done: it has its effect
 * and is reported as failed; ends: the process ends.
 */
export type Fault = 'fails' | 'half' | 'done' | 'ends';

/** An operation that changes something: what it is called, and what goes wrong with it. */
export type FaultPlan = (index: number, operation: string) => Fault | undefined;

/** A folder in memory in which operations fail as planned, and which can be looked at as a crash would leave it. */
export class MemoryFolder implements JournalFolder {
  readonly path = 'state';
  /** The operations so far, in order. */
  readonly operations: string[] = [];
  private names: Map<string, Inode>;
  private storedNames: Map<string, Inode>;

  constructor(
    private readonly plan: FaultPlan = () => undefined,
    files: ReadonlyMap<string, Buffer> = new Map(),
  ) {
    this.names = new Map([...files].map(([name, bytes]) => [name, { seen: bytes, stored: bytes }]));
    this.storedNames = new Map(this.names);
  }

  /**
   * The files after the end of the process, or after one of the whole machine, which loses what was not synchronised.
   */
  after(end: 'process' | 'machine'): Map<string, Buffer> {
    const names = end === 'process' ? this.names : this.storedNames;
    return new Map([...names].map(([name, inode]) => [name, end === 'process' ? inode.seen : inode.stored]));
  }

  /**
   * The same folder as another process finds it once this one has ended: nothing that was not synchronised is so now.
   */
  restarted(): MemoryFolder {
    const next = new MemoryFolder();
    [next.names, next.storedNames] = [new Map(this.names), new Map(this.storedNames)];
    return next;
  }

  readBytes(name: string): Promise<Buffer | undefined> {
    return Promise.resolve(this.names.get(name)?.seen);
  }

  openToWrite(name: string): Promise<JournalFile> {
    const inode = this.names.get(name);
    return inode === undefined ? Promise.reject(new Error('ENOENT')) : Promise.resolve(this.file(inode));
  }

  async create(name: string): Promise<JournalFile> {
    if (this.names.has(name)) throw new Error('EEXIST');
    const inode: Inode = { seen: Buffer.alloc(0), stored: Buffer.alloc(0) };
    await this.operation('create', () => void this.names.set(name, inode));
    return this.file(inode);
  }

  rename(from: string, to: string): Promise<void> {
    return this.operation('rename', () => {
      this.names.set(to, this.names.get(from) as Inode);
      this.names.delete(from);
    });
  }

  remove(name: string): Promise<void> {
    return this.operation('remove', () => void this.names.delete(name));
  }

  sync(): Promise<void> {
    return this.operation('sync folder', () => {
      this.storedNames = new Map(this.names);
    });
  }

  private file(inode: Inode): JournalFile {
    return {
      write: (bytes, position) =>
        this.operation(
          'write',
          () => write(inode, bytes, position),
          () => write(inode, bytes.subarray(0, bytes.length / 2), position),
        ),
      truncate: (length) =>
        this.operation('truncate', () => {
          inode.seen = inode.seen.subarray(0, length);
        }),
      sync: () =>
        this.operation('sync', () => {
          inode.stored = inode.seen;
        }),
      isAt: (path) => Promise.resolve(this.names.get(basename(path)) === inode),
      close: () => Promise.resolve(),
    };
  }

  private async operation(name: string, effect: () => void, halfEffect = (): void => undefined): Promise<void> {
    const fault = this.plan(this.operations.length, name);
    this.operations.push(name);
    if (fault === undefined || fault === 'done') effect();
    if (fault === 'half' || fault === 'ends') halfEffect();
    if (fault === 'ends') await new Promise(() => undefined);
    if (fault !== undefined) throw Object.assign(new Error('EIO'), { code: 'EIO' });
  }
}

function write(inode: Inode, bytes: Uint8Array, position: number): void {
  const size = Math.max(inode.seen.length, position + bytes.length);
  const next = Buffer.alloc(size);
  inode.seen.copy(next);
  next.set(bytes, position);
  inode.seen = next;
}
