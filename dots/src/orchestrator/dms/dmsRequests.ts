import { DotsError } from '#dots/model/errors';
import type { Clock } from '#dots/runtime/clock';
import type { SessionKeeper } from '#dots/signal/keeper/sessionKeeper';
import { contentHash, isRunning, type LedgerEntry } from '#dots/signal/ledger';
import type { LedgerOfClient } from '#dots/signal/ledgerFolder';
import { sendRecorded, type Ask } from '#dots/signal/recordedRequest';
import type { Answer } from '#dots/signal/session';
import { requestedLifetime, type WantedRequest } from './demands';

/** What became of a request: the mid under which the DMS has it, or why it has it not. */
export type Outcome = { mid: number } | { reason: string };

export interface DmsRequestsOptions {
  /** The name of the DMS. */
  name: string;
  keeper: SessionKeeper;
  client: LedgerOfClient;
  clock: Clock;
}

/** How long a DMS may take to answer, milliseconds. */
const answerMs = 10_000;

/** Why an answer is of no use: it has a body that cannot be read. */
export const nonsense = 'answers nonsense';

/** The requests to one DMS, which a ledger follows: what is in it before it is sent is not asked twice. */
export class DmsRequests {
  /** The mitigations of the DMS are known since the session was opened last. */
  isKnown = false;

  constructor(private readonly options: DmsRequestsOptions) {}

  /** Asks the DMS what it has. Throws a DotsError where no answer can be used. */
  async learn(): Promise<void> {
    const { answer } = await this.ask((session, left) => session.status(undefined, left));
    if (answer.broken === true || !(answer.ok || answer.code === '4.04')) throw this.useless(answer);
    await this.options.client.reported(answer);
    this.isKnown = true;
  }

  /** Asks for what is wanted, unless the DMS has it and no refresh is due. Throws a DotsError of the ledger alone. */
  async request({ document }: WantedRequest): Promise<Outcome> {
    const { client, name } = this.options;
    const known = (await client.read()).entries.find((entry) => isHad(entry, document));
    if (known !== undefined && !this.isDue(known)) return { mid: known.id };
    try {
      const request = { kind: 'mitigation-scope', parameter: 'mid', document, file: null, profile: name } as const;
      const { answer, entry } = await sendRecorded({ client, request, ask: this.ask, replace: true });
      if (answer.broken === true) return { reason: nonsense };
      return answer.ok ? { mid: entry.id } : { reason: refusal(answer) };
    } catch (error) {
      if (!(error instanceof DotsError) || error.code === 'signal/ledger') throw error;
      return { reason: error.kind === 'unreachable' ? 'does not answer' : error.message };
    }
  }

  /** Withdraws everything that the DMS has for this client and that is not wanted. Throws a DotsError. */
  async withdrawOthers(wanted: readonly WantedRequest[]): Promise<void> {
    const { entries, others } = await this.options.client.read();
    const hashes = new Set(wanted.map(({ document }) => contentHash(document)));
    const left = entries.filter((entry) => isRunning(entry) && !hashes.has(entry.hash));
    for (const mid of new Set([...left.map(({ id }) => id), ...others.map((other) => other.mid)]))
      await this.withdraw(mid);
  }

  /** Takes over what the DMS reports. Throws a DotsError of the ledger. */
  async reported(answer: Answer): Promise<void> {
    await this.options.client.reported(answer);
  }

  private async withdraw(mid: number): Promise<void> {
    const { answer } = await this.ask((session, left) => session.withdraw(mid, left));
    if (!answer.ok && answer.code !== '4.04') throw this.useless(answer);
    await this.options.client.withdrawn(mid, answer.code);
  }

  /** A refresh is due when half of the lifetime is over. */
  private isDue({ expiresAt, lifetime }: LedgerEntry): boolean {
    if (expiresAt === null) return false;
    const left = Date.parse(expiresAt) - this.options.clock.now();
    return left < 500 * Math.min(lifetime ?? requestedLifetime, requestedLifetime);
  }

  private readonly ask: Ask = (asking) => this.options.keeper.ask(asking, { underAttack: true, timeoutMs: answerMs });

  private useless(answer: Answer): DotsError {
    const what = answer.broken === true ? nonsense : refusal(answer);
    const hint = 'Look at the DMS; it is asked again.';
    return new DotsError('malformed', 'orchestrator/dms-answer', `${this.options.name} ${what}.`, hint);
  }
}

const isHad = ({ state, hash }: LedgerEntry, document: WantedRequest['document']): boolean =>
  state === 'accepted' && hash === contentHash(document);

const refusal = ({ code, diagnostic }: Answer): string =>
  `refuses with ${code}${diagnostic === undefined ? '' : ` (${diagnostic})`}`;
