import type { Clock, TimerHandle } from '#dots/runtime/clock';
import { documentType } from '#dots/model/documents';
import { isObject, itemsOf } from '#dots/model/json';
import { addressText, parseServer } from '#dots/transport/address';
import type { Answer } from '../answer';

/** Where a session leads: an address as in `SessionOptions`, and its IP addresses where they are known. */
export interface Place {
  server: string;
  addresses?: readonly string[];
  /** A configured name of the certificate is not that of an alternate server. */
  serverName?: undefined;
}

/** Where a server redirects to, and for how long, milliseconds. */
export interface Alternate extends Place {
  ttlMs: number;
}

const { topMember } = documentType('redirected-signal');

/** The Max-Age of an answer without one (RFC 7252 section 5.10.5), and the one without an end, seconds. */
const usualTtl = 60;
const forever = 2 ** 32 - 1;
/** A redirection to a server that was in contact so recently is a loop: RFC 9132 section 4.6, milliseconds. */
const loopMs = 300_000;
/** The longest wait of one timer; a longer one is checked again, milliseconds. */
const longestWait = 2 ** 31 - 1;

/**
 * Where an answer redirects to (RFC 9132 section 4.6): the scheme and the port are those of the server that answers,
 * since only a name is conveyed. Undefined for any other answer.
 */
export function alternateIn({ code, body, maxAge = usualTtl }: Answer, server: string): Alternate | undefined {
  const redirected = body?.[topMember];
  const name = isObject(redirected) ? redirected['alt-server'] : undefined;
  if (code !== '5.03' || !isObject(redirected) || typeof name !== 'string' || name === '') return undefined;
  const { scheme, port } = parseServer(server);
  const addresses = itemsOf(redirected['alt-server-record']).filter((each) => typeof each === 'string');
  return {
    server: `${scheme === undefined ? '' : `${scheme}://`}${addressText({ host: name.replace(/\.$/, ''), port })}`,
    ...(addresses.length > 0 && { addresses }),
    serverName: undefined,
    ttlMs: maxAge >= forever ? Infinity : maxAge * 1000,
  };
}

/** A server as its certificate names it, with its port. */
function nameOf(server: string): string {
  const { host, port } = parseServer(server);
  return addressText({ host: host.toLowerCase(), port });
}

/** The redirection that is in force, and which servers were in contact lately. */
export class Redirection {
  private alternate: Alternate | undefined;
  private endsAt = Infinity;
  private timer: TimerHandle;
  /** When each server was heard or attempted last, by its name and port; monotonic time. */
  private readonly contacted = new Map<string, number>();
  /** The server of the last redirection that was ignored. */
  private ignored: string | undefined;

  /**
   * @param isMitigating whether a mitigation is active: until it ends, no redirection does
   * @param ended is called when the time of the redirection is over
   */
  constructor(
    private readonly clock: Clock,
    private readonly isMitigating: () => boolean,
    private readonly ended: (alternate: Alternate) => void,
  ) {}

  /** The alternate server in use. */
  get current(): Alternate | undefined {
    return this.alternate;
  }

  /** A message of a server has arrived, or it could not be reached. */
  contact(server: string): void {
    const now = this.clock.monotonic();
    for (const [each, at] of this.contacted) if (at <= now - loopMs) this.contacted.delete(each);
    this.contacted.set(nameOf(server), now);
  }

  /**
   * Whether a redirection must be ignored, because its server was in contact within the last five minutes; `isNew`:
   * that was not reported yet.
   */
  isLoop({ server }: Place): { isLoop: boolean; isNew: boolean } {
    const isLoop = (this.contacted.get(nameOf(server)) ?? -Infinity) > this.clock.monotonic() - loopMs;
    const isNew = isLoop && this.ignored !== server;
    this.ignored = isLoop ? server : undefined;
    return { isLoop, isNew };
  }

  /** Uses an alternate server until its time is over. */
  begin(alternate: Alternate): void {
    this.alternate = alternate;
    this.endsAt = this.clock.monotonic() + alternate.ttlMs;
    this.proceed();
  }

  /** Ends the redirection if its time is over and no mitigation is active; otherwise it waits for that. */
  proceed(): void {
    const { alternate } = this;
    this.clock.clearTimeout(this.timer);
    if (alternate === undefined || this.isMitigating()) return;
    const waitMs = this.endsAt - this.clock.monotonic();
    if (waitMs <= 0) {
      this.stop();
      this.ended(alternate);
    } else if (waitMs < Infinity)
      this.timer = this.clock.setTimeout(() => this.proceed(), Math.min(waitMs, longestWait));
  }

  /** Ends the redirection at once. */
  stop(): void {
    this.clock.clearTimeout(this.timer);
    this.alternate = undefined;
  }
}
