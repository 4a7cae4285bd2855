import { createHash } from 'node:crypto';
import type { JsonObject } from '#dots/model/json';
import type { ClientCredentials } from '#dots/transport/credentials';
import { KeptSession } from '#dots/signal/kept';
import { isUnderAttack } from '#dots/signal/scopes';
import { connectionMemory, SignalSession } from '#dots/signal/session';
import { credentialsFor, type Exchanged } from '../commands/send';
import type { Target } from '../target';

/** More sessions than these are not kept: the one that was asked last the longest time ago ends. */
const mostKept = 16;

/** Hears what becomes of the sessions; see `KeptOptions`. */
export interface Watcher {
  opened(target: Target, session: SignalSession): void;
  trace(target: Target, sentence: string): void;
  changed(target: Target, session: SignalSession): void;
  failed(target: Target, error: unknown): void;
}

/** Sessions that stay open from one document to the next: one for each server, cuid and proof. */
export class KeptSessions {
  private readonly kept = new Map<string, KeptSession>();
  private readonly memory = connectionMemory();

  constructor(private readonly watcher: Watcher) {}

  /** Opens the session of a target. Throws a DotsError. */
  async open(target: Target): Promise<void> {
    await (await this.of(target)).open();
  }

  /** Sends a signal channel document over the session of its target. Throws a DotsError. */
  async exchange(document: JsonObject, target: Target): Promise<Exchanged> {
    const { mid, timeoutMs } = target;
    const kept = await this.of(target);
    const { session, answer } = await kept.ask((open, signal) => open.send(document, { mid, timeoutMs, signal }), { underAttack: isUnderAttack(document) });
    return { answer, security: session.security };
  }

  async close(): Promise<void> {
    await Promise.all([...this.kept.values()].map((session) => session.close()));
  }

  /** Credentials are read each time, so that files that were exchanged count at once. */
  private async of(target: Target): Promise<KeptSession> {
    const { credentials } = await credentialsFor(target.server, target.proofs);
    const key = keyOf(target, credentials);
    const session = this.kept.get(key) ?? this.keep(target, credentials);
    this.kept.delete(key);
    this.kept.set(key, session);
    const [oldest] = this.kept;
    if (this.kept.size > mostKept && oldest !== undefined) {
      this.kept.delete(oldest[0]);
      await oldest[1].close();
    }
    return session;
  }

  private keep(target: Target, credentials: ClientCredentials | undefined): KeptSession {
    const { server, cuid, timeoutMs } = target;
    const options = { server, cuid, timeoutMs, memory: this.memory, trace: (sentence: string) => this.watcher.trace(target, sentence), ...(credentials && { credentials }) };
    return new KeptSession({
      open: (underAttack) => SignalSession.open({ ...options, underAttack }),
      overDtls: () => SignalSession.overDtls(options),
      opened: (session) => this.watcher.opened(target, session),
      changed: (session) => this.watcher.changed(target, session),
      failed: (error) => this.watcher.failed(target, error),
    });
  }
}

/** Tells sessions apart; secrets go in as a hash. */
function keyOf({ server, cuid }: Target, credentials: ClientCredentials | undefined): string {
  const proof = JSON.stringify(credentials, (_, value: unknown) => (value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value));
  return JSON.stringify([server, cuid, createHash('sha256').update(proof ?? '').digest('hex')]);
}
