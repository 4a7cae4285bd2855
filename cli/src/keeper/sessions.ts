import { DotsError } from '#dots/model/errors';
import type { Permit } from '#dots/model/hostAddress';
import type { KeeperEvent } from '#dots/signal/keeper/keeperEvents';
import { SessionKeeper } from '#dots/signal/keeper/sessionKeeper';
import { connectionMemory, SignalSession } from '#dots/signal/session';
import { credentialsFor } from '#dots/transport/certificates/credentialFiles';
import { storedAddresses } from '#dots/transport/connect/addressFile';
import type { Connect } from '../connection';
import type { SettledTarget } from '../settledTarget';

/** The most sessions that are kept besides those opened by name: the least recently used one is closed. */
const mostKept = 16;

/** An attempt to open a session has at least this long, milliseconds: a client with less time does not end it. */
const openingMs = 10_000;

/** The callbacks for the sessions with a target. */
export type Watch = (target: SettledTarget) => {
  event(event: KeeperEvent): void;
  trace(sentence: string): void;
  dismissed(): void;
};

interface LiveSession {
  session: SessionKeeper;
  target: SettledTarget;
  /** It was opened by name, and is never closed for others. */
  named: boolean;
  /** Prevents new sessions with production servers, until a document for one was confirmed. */
  permit: Permit | undefined;
}

/** Sessions that stay open from one document to the next: one for each server, cuid and credentials. */
export class LiveSessions {
  private readonly kept = new Map<string, LiveSession>();
  private closed = false;
  private readonly memory = connectionMemory(storedAddresses());

  constructor(private readonly watch: Watch) {}

  /** Opens the session of a target, which is then always kept. Throws a DotsError. */
  async open(target: SettledTarget): Promise<void> {
    const kept = this.of(target);
    kept.named = true;
    await kept.session.open();
  }

  /** A way to ask over the session of a target, which stays open. */
  readonly connect: Connect = (target, opening) => ({
    kept: true,
    ask: async (asking) => this.of(target).session.ask(asking, { timeoutMs: target.timeoutMs, ...opening }),
    close: () => Promise.resolve(),
  });

  /** Ends all sessions; there are none after that. */
  async close(): Promise<void> {
    this.closed = true;
    await Promise.all([...this.kept.values()].map(({ session }) => session.close()));
  }

  private of(target: SettledTarget): LiveSession {
    if (this.closed)
      throw new DotsError(
        'unreachable',
        'signal/closed',
        'Not sent: the dots session of this folder is ending.',
        'Send it again: dots send opens a separate session.',
      );
    const { server, cuid, credentialFiles } = target;
    const key = JSON.stringify([server, cuid, Object.entries(credentialFiles).sort()]);
    const kept = this.kept.get(key) ?? this.keep(target);
    if (target.permit === undefined) kept.permit = undefined;
    this.kept.delete(key);
    this.kept.set(key, kept);
    this.makeRoom();
    return kept;
  }

  private makeRoom(): void {
    const others = [...this.kept].filter(([, { named }]) => !named);
    for (const [key, { session, target }] of others.slice(0, Math.max(0, others.length - mostKept))) {
      this.kept.delete(key);
      this.watch(target).dismissed();
      void session.close();
    }
  }

  /** Credentials are read for each session that is opened, so that replaced files are used from then on. */
  private keep(target: SettledTarget): LiveSession {
    const { server, cuid, credentialFiles, permit } = target;
    const { trace, event } = this.watch(target);
    const options = async () => ({
      server,
      cuid,
      permit: kept.permit,
      localAddresses: target.session?.localAddresses,
      memory: this.memory,
      trace,
      ...(await credentialsFor(server, credentialFiles)),
    });
    const session = new SessionKeeper({
      server,
      cuid,
      alternates: target.session?.alternates,
      configuration: () => target.session?.configuration,
      open: async (opening) =>
        SignalSession.open({ ...(await options()), ...opening, timeoutMs: Math.max(target.timeoutMs, openingMs) }),
      overDtls: async (opening) => SignalSession.overDtls({ ...(await options()), ...opening }),
    });
    session.onEvent(event);
    const kept: LiveSession = { session, target, named: false, permit };
    return kept;
  }
}
