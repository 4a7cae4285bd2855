import { systemClock } from '#dots/runtime/clock';
import { DotsServer, type DotsServerOptions } from '#dots/dotsServer/listeners/dotsServer';
import {
  aliasViews,
  filterViews,
  mitigationViews,
  type AliasView,
  type FilterView,
  type MitigationView,
} from './overview';
import { rulesInForce, type RulesInForce } from './rulesInForce';
import { SimulatedMitigator, type SimulationTiming } from './simulatedMitigator';

export type { AliasView, FilterView, MitigationView } from './overview';
export type { RulesInForce } from './rulesInForce';

export interface OrchestratorOptions extends DotsServerOptions {
  /** The timing of simulated attacks. */
  simulation?: SimulationTiming;
}

/** A DOTS server with a simulated mitigator, for loopback. */
export class Orchestrator {
  /** The plain signal channel: `coap://127.0.0.1:N`; undefined where it is not offered. */
  readonly signal: string | undefined;
  /** The signal channel over DTLS: `coaps://127.0.0.1:N`; undefined if the DTLS module was not built. */
  readonly coaps: string | undefined;
  /** The signal channel over TLS: `coaps+tcp://127.0.0.1:N`. */
  readonly coapsTcp: string;
  /** The data channel: `https://127.0.0.1:N`. */
  readonly data: string;
  /** The files that a client of the secure channels needs: the CA to trust, a client certificate and its key. */
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
  /** The file of profiles that name all that: `lab`, and one for each client that the lab issued a certificate for. */
  readonly profiles: string;

  private constructor(
    private readonly server: DotsServer,
    private readonly mitigator: SimulatedMitigator,
  ) {
    ({ signal: this.signal, coaps: this.coaps, coapsTcp: this.coapsTcp, data: this.data } = server.addresses);
    ({ ca: this.ca, cert: this.cert, key: this.key, profiles: this.profiles } = server.files);
  }

  /** Starts an orchestrator; it is ready when this resolves. Throws as `DotsServer.start` does. */
  static async start(options: OrchestratorOptions = {}): Promise<Orchestrator> {
    const mitigator = new SimulatedMitigator(options.clock ?? systemClock, options.simulation);
    try {
      return new Orchestrator(await DotsServer.start(mitigator, options), mitigator);
    } catch (error) {
      mitigator.close();
      throw error;
    }
  }

  /** The current state of every mitigation of every client. */
  mitigations(): MitigationView[] {
    return mitigationViews(this.server.snapshot());
  }

  /** Every ACL of every client, and whether it is active now. */
  filters(): FilterView[] {
    return filterViews(this.server.snapshot());
  }

  /** Every alias of every client. */
  aliases(): AliasView[] {
    return aliasViews(this.server.snapshot());
  }

  /** The Flowspec rules in force: active ACLs, then mitigations. */
  flowspec(): RulesInForce {
    return rulesInForce(this.server.snapshot());
  }

  /**
   * Calls back when a mitigation, an ACL or an alias is created, changed or removed; the returned function ends that.
   */
  onDidChange(listener: () => void): () => void {
    return this.server.onDidChange(listener);
  }

  /** Ends every session, timer and socket. Everything that was acknowledged is stored. */
  async close(): Promise<void> {
    await this.server.close();
    this.mitigator.close();
  }
}
