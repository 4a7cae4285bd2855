import type * as vscode from 'vscode';

const cuidKey = 'dots.cuid';
const midKey = 'dots.mid';

/** Who this DOTS client is (RFC 9132 section 4.4.1.1): a constant cuid, and increasing mids. */
export class ClientIdentity {
  constructor(private readonly memory: vscode.Memento) {}

  /** The cuid of this installation; generated on first use. */
  async cuid(): Promise<string> {
    const known = this.memory.get<string>(cuidKey);
    if (known !== undefined) return known;
    const { newCuid } = await import('#lazy/protocol');
    const made = newCuid();
    await this.memory.update(cuidKey, made);
    return made;
  }

  /** A mid higher than every one before. */
  async mid(): Promise<number> {
    const { nextMid } = await import('#lazy/protocol');
    const mid = nextMid(this.memory.get<number>(midKey), new Date());
    await this.memory.update(midKey, mid);
    return mid;
  }
}
