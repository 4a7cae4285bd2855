import * as vscode from 'vscode';
import type { AliasView, FilterView, Orchestrator, RulesInForce } from '#dots/orchestrator/orchestrator';
import { DotsError } from '#dots/model/errors';
import { ongoing } from '#dots/words/mitigationStatuses';
import { onRememberedPorts, rememberPorts } from './rememberedPorts';

/** The secure addresses of the mock, and its lab files for a client of them. */
export type OrchestratorLab = Pick<Orchestrator, 'coaps' | 'coapsTcp' | 'data' | 'ca' | 'cert' | 'key'>;

export type OrchestratorState = 'stopped' | 'starting' | 'running';

/** The embedded mock orchestrator: at most one, on loopback only, started by a user action or by a setting. */
export class OrchestratorHost implements vscode.Disposable {
  private running: Orchestrator | undefined;
  private starting: Promise<Orchestrator> | undefined;
  private interrupted = false;
  private readonly changed = new vscode.EventEmitter<void>();
  readonly onDidChange = this.changed.event;

  constructor(
    private readonly log: vscode.LogOutputChannel,
    private readonly stateDir: string | undefined,
    /** Of the workspace. */ private readonly memory: vscode.Memento,
  ) {}

  get state(): OrchestratorState {
    if (this.running !== undefined) return 'running';
    return this.starting === undefined ? 'stopped' : 'starting';
  }

  /**
   * The address of its signal channel, `coaps://127.0.0.1:N`, while it runs; `coaps+tcp` where the DTLS module was not
   * built.
   */
  get signal(): string | undefined {
    return this.running?.coaps ?? this.running?.coapsTcp;
  }

  get lab(): OrchestratorLab | undefined {
    return this.running;
  }

  /** The addresses of all its channels while it runs: `coaps`, `coaps+tcp` and `https`. */
  get addresses(): string[] {
    const { coaps, coapsTcp, data } = this.running ?? {};
    return [coaps, coapsTcp, data].filter((address) => address !== undefined);
  }

  /** The ACLs that it stores, of any client. */
  get filters(): FilterView[] {
    return this.running?.filters() ?? [];
  }

  /** The aliases that it stores, of any client. */
  get aliases(): AliasView[] {
    return this.running?.aliases() ?? [];
  }

  /** The Flowspec rules in force, while it runs. */
  flowspec(): RulesInForce | undefined {
    return this.running?.flowspec();
  }

  /** How many mitigations it stores, of any client. */
  get mitigations(): number {
    return this.running?.mitigations().length ?? 0;
  }

  /** The fate of the mitigations that were active when it was last stopped: those stored on disk resume. */
  get stopped(): 'ended' | 'kept' | undefined {
    if (!this.interrupted) return undefined;
    return this.stateDir === undefined ? 'ended' : 'kept';
  }

  /** Starts it if it is not running. Throws a DotsError, e.g. for a port in use or an untrusted folder. */
  start(): Promise<Orchestrator> {
    if (this.running !== undefined) return Promise.resolve(this.running);
    this.starting ??= this.launch().finally(() => {
      this.starting = undefined;
      this.changed.fire();
    });
    this.changed.fire();
    return this.starting;
  }

  /** Ends it, and with it the mitigations in memory. */
  async stop(): Promise<void> {
    await this.starting?.catch(() => undefined);
    const { running, signal } = this;
    this.interrupted ||=
      ongoing((running?.mitigations() ?? []).map(({ statusLabel }) => ({ status: statusLabel }))).length > 0;
    this.running = undefined;
    await running?.close();
    if (running !== undefined) this.log.info(`The mock orchestrator at ${signal ?? ''} was stopped.`);
    this.changed.fire();
  }

  dispose(): void {
    this.changed.dispose();
  }

  private async launch(): Promise<Orchestrator> {
    if (!vscode.workspace.isTrusted) {
      throw new DotsError(
        'usage',
        'editor/untrusted',
        'The mock orchestrator does not start in an untrusted folder.',
        'Trust the folder first.',
      );
    }
    const { Orchestrator } = await import('#lazy/protocol');
    const configured = {
      securePort: vscode.workspace.getConfiguration('dots').get<number>('orchestrator.signalPort', 0),
      dataPort: vscode.workspace.getConfiguration('dots').get<number>('orchestrator.dataPort', 0),
    };
    const running = await onRememberedPorts(this.memory, configured, (ports) =>
      Orchestrator.start({
        host: '127.0.0.1',
        ...ports,
        ...(this.stateDir === undefined ? {} : { stateDir: this.stateDir }),
        log: (line) => this.log.info(`mock: ${line}`),
      }),
    );
    await rememberPorts(this.memory, running.coaps ?? running.coapsTcp, running.data);
    running.onDidChange(() => this.changed.fire());
    this.running = running;
    this.interrupted = false;
    this.log.info(`The mock orchestrator listens on ${this.addresses.join(', ')}.`);
    return running;
  }
}
