import { lstat, type FileHandle } from 'node:fs/promises';

/** A file of a private folder, open to write. Each operation rejects with an error of the file system. */
export class PrivateFile {
  constructor(private readonly handle: FileHandle) {}

  /** Writes all bytes at a position. */
  async write(bytes: Uint8Array, position: number): Promise<void> {
    for (let done = 0; done < bytes.length;) {
      const { bytesWritten } = await this.handle.write(bytes, done, bytes.length - done, position + done);
      done += bytesWritten;
    }
  }

  truncate(length: number): Promise<void> {
    return this.handle.truncate(length);
  }

  /** Resolves when the content and its length are on the disk. */
  sync(): Promise<void> {
    return this.handle.datasync();
  }

  /** Whether a path still leads to this file: what is written to one that was moved or removed is not found again. */
  async isAt(path: string): Promise<boolean> {
    const [own, named] = await Promise.all([
      this.handle.stat({ bigint: true }),
      lstat(path, { bigint: true }).catch(() => undefined),
    ]);
    return own.dev === named?.dev && own.ino === named.ino;
  }

  close(): Promise<void> {
    return this.handle.close();
  }
}
