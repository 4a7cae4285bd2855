import type { FileHandle } from 'node:fs/promises';

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

  /** Whether the file still has a name: what is written to one that was removed is lost. */
  async isLinked(): Promise<boolean> {
    return (await this.handle.stat()).nlink > 0;
  }

  close(): Promise<void> {
    return this.handle.close();
  }
}
