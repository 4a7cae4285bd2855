import * as vscode from 'vscode';

/** A document that is being sent. */
export interface Waiting {
  id: number;
  /** The name of the document. */
  document: string;
  /** The profile of its server, or `mock`. */
  profile: string;
  /** Milliseconds since 1970. */
  since: number;
}

/** The documents that are being sent: from the moment when nothing is left to ask the user, until the answer. */
export class Underway implements vscode.Disposable {
  private readonly waits = new Map<number, { waiting: Waiting; abort: AbortController }>();
  private last = 0;
  private readonly changed = new vscode.EventEmitter<void>();
  readonly onDidChange = this.changed.event;

  /** In the order in which they were begun. */
  list(): Waiting[] {
    return [...this.waits.values()].map(({ waiting }) => waiting);
  }

  /** Runs the sending of a document, which `abort` ends. Throws what `work` throws. */
  async during<T>(
    { document, profile, abort }: Pick<Waiting, 'document' | 'profile'> & { abort: AbortController },
    work: () => Promise<T>,
  ): Promise<T> {
    this.last += 1;
    const id = this.last;
    this.waits.set(id, { waiting: { id, document, profile, since: Date.now() }, abort });
    this.tellProgress();
    try {
      return await work();
    } finally {
      this.waits.delete(id);
      this.tellProgress();
    }
  }

  /** Stops waiting for an answer. The server may have received the request. */
  cancel(id: number): void {
    this.waits.get(id)?.abort.abort();
  }

  dispose(): void {
    this.changed.dispose();
  }

  private tellProgress(): void {
    this.changed.fire();
    void vscode.commands.executeCommand('setContext', 'dots.sending', this.waits.size > 0);
  }
}
