import * as vscode from 'vscode';
import type { StoredDecision } from '#dots/dotsServer/state/decisions';
import type {
  AliasView,
  FilterView,
  Orchestrator,
  RulesInForce,
  Simulation,
  SimulationView,
} from '#dots/orchestrator/orchestrator';
import { DotsError } from '#dots/model/errors';
import { ongoing } from '#dots/words/mitigationStatuses';
import { showFailure } from '../editor/problems';
import { policyOfWorkspace, readPolicyFile } from './workspacePolicy';
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
  private readonly passed = new vscode.EventEmitter<void>();
  /** After each simulated second. */
  readonly onSecond = this.passed.event;
  /** Ends what uses the one that runs, before it is started again with a policy. */
  willRestart: () => Promise<void> = () => Promise.resolve();
  /** The policy that it follows. */
  private policy: vscode.Uri | undefined;
  private readonly watcher = vscode.workspace.createFileSystemWatcher('**/*.orchestrator.json');

  constructor(
    private readonly log: vscode.LogOutputChannel,
    private readonly stateDir: string | undefined,
    /** Of the workspace. */ private readonly memory: vscode.Memento,
  ) {
    const read = (uri: vscode.Uri): void => void this.policyChanged(uri);
    this.watcher.onDidChange(read);
    this.watcher.onDidCreate(read);
  }

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

  /** The Flowspec rules in force, of one forwarding node or of all, while it runs. */
  flowspec(node?: string): RulesInForce | undefined {
    return this.running?.flowspec(node);
  }

  /** The simulated network of its policy; undefined while it does not run, and without a policy. */
  get simulation(): Simulation | undefined {
    return this.running?.simulation;
  }

  /** What it does by its policy, which has this name. */
  get situation(): { policy: string; view: SimulationView; decisions: StoredDecision[] } | undefined {
    const { running, policy } = this;
    if (running?.simulation === undefined || policy === undefined) return undefined;
    const name = policy.path.slice(policy.path.lastIndexOf('/') + 1);
    return { policy: name, view: running.simulation.view(), decisions: running.decisions() };
  }

  /** Something was made to happen in the simulated network. */
  refresh(): void {
    this.changed.fire();
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

  /**
   * Starts it if it is not running, with the policy that the workspace file of the active document names; one that runs
   * without a policy is started again with it. Throws a DotsError, e.g. for a port in use, an untrusted folder, or a
   * policy with errors.
   */
  async start(): Promise<Orchestrator> {
    const policy = await policyOfWorkspace();
    if (this.running !== undefined && (policy === undefined || this.policy !== undefined)) return this.running;
    if (this.running !== undefined) {
      await this.willRestart();
      await this.stop();
    }
    return this.startWith(policy);
  }

  private startWith(policy: vscode.Uri | undefined): Promise<Orchestrator> {
    this.starting ??= this.launch(policy).finally(() => {
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
    this.policy = undefined;
    await running?.close();
    if (running !== undefined) this.log.info(`The mock orchestrator at ${signal ?? ''} was stopped.`);
    this.changed.fire();
  }

  dispose(): void {
    this.watcher.dispose();
    this.changed.dispose();
    this.passed.dispose();
  }

  /** New requests follow a policy that has changed; with errors the last good one stays in use. */
  private async policyChanged(changed: vscode.Uri): Promise<void> {
    const { running, policy } = this;
    if (running === undefined || policy?.toString() !== changed.toString()) return;
    try {
      const read = await readPolicyFile(policy);
      await running.adopt(read.policy, read.clients);
      this.log.info(`The mock orchestrator follows ${policy.path} as it is now.`);
      this.changed.fire();
    } catch (error) {
      showFailure(this.log, 'The last good policy stays in use.', error);
    }
  }

  private async launch(policy: vscode.Uri | undefined): Promise<Orchestrator> {
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
    const read = policy && (await readPolicyFile(policy));
    const running = await onRememberedPorts(this.memory, configured, (ports) =>
      Orchestrator.start({
        host: '127.0.0.1',
        ...ports,
        ...(this.stateDir === undefined ? {} : { stateDir: stateFolderFor(this.stateDir, policy) }),
        ...(read && { orchestrator: read.policy, clients: read.clients }),
        log: (line) => this.log.info(`mock: ${line}`),
      }),
    );
    await rememberPorts(this.memory, running.coaps ?? running.coapsTcp, running.data);
    running.onDidChange(() => this.changed.fire());
    running.simulation?.onSecond(() => this.passed.fire());
    this.running = running;
    this.policy = policy;
    this.interrupted = false;
    this.log.info(`The mock orchestrator listens on ${this.addresses.join(', ')}.`);
    return running;
  }
}

/** With a policy the clients are others, so their state is another one. */
const stateFolderFor = (folder: string, policy: vscode.Uri | undefined): string =>
  policy === undefined ? folder : `${folder}-policy`;
