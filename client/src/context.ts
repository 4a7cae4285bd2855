import * as vscode from 'vscode';
import type { ProfilesInfo } from '#contract';
import { ActiveProfile } from './editor/activeProfile';
import { DocumentLenses } from './editor/codeLens';
import { CuidCollision } from './sessions/cuidCollision';
import { DataHost } from './sessions/dataChannel';
import { DocumentStates } from './editor/documentStates';
import { DocumentStatus } from './editor/documentStatus';
import { examples, newDocument, openExample } from './commands/openExample';
import { FlowspecPreview } from './flowspec/flowspecPreview';
import { PreviewWorkers } from './flowspec/previewWorkers';
import { ClientIdentity } from './sessions/identity';
import { LensHint } from './editor/lensHint';
import { PlainJson } from './editor/plainJson';
import { LanguageServer } from './editor/languageClient';
import { LiveFlowspec } from './flowspec/rulesInForce';
import { Credentials } from './sessions/credentials';
import { DryRun } from './commands/dryRun';
import { registerKeys } from './commands/enterKey';
import { ServerAsker } from './commands/askOnOpen';
import { registerMitigationCommands } from './commands/mitigations';
import { registerOrchestrator } from './commands/orchestrator';
import { registerSimulation } from './commands/simulation';
import { OrchestratorHost, type OrchestratorLab } from './orchestrator/orchestratorHost';
import { ServerTargets } from './sessions/serverTargets';
import { ProfileHost, registerProfiles } from './sessions/profiles';
import { ProfileStatus } from './sessions/profileStatus';
import { registerSendRequest, RequestSender } from './commands/sendRequest';
import { Notifications } from './sessions/notifications';
import { RunningRequests } from './sessions/runningRequests';
import { Sessions } from './sessions/sessions';
import { SessionView } from './sessions/sessionView';
import { InstalledEntries } from './sessions/installedEntries';
import { registerInstalled } from './commands/installed';
import { registerUnderAttack } from './commands/underAttack';
import { registerAddServer } from './commands/addServer';
import { ConnectionTest } from './commands/testConnection';
import { Underway } from './sessions/underway';
import { StatusBar } from './sessions/statusBar';
import { activationTimes } from './started';
import type { TreeNode } from './ui/treeNode';

/** The API of this extension for other extensions and the tests. */
export interface WorkbenchApi {
  /** Settles when the language server is ready. */
  ready(): Promise<void>;
  /** The rows of the session view as they are now; none while there is no session. */
  sessionTree(): readonly TreeNode[];
  /** Whether the server profiles were read, and if not, why. */
  profiles(): Promise<ProfilesInfo['state']>;
  /** How long the extension's own code took to be read and to be activated, milliseconds. */
  activationTimes(): { reading: number; activating: number };
  /** The address of the embedded orchestrator's signal channel, `coap://127.0.0.1:N`, while it runs. */
  orchestrator(): string | undefined;
  /** Its secure addresses, and the files that a client of them needs, while it runs. */
  lab(): OrchestratorLab | undefined;
}

/** Those that commands make act. */
interface Actors {
  sender: RequestSender;
  running: RunningRequests;
  asker: ServerAsker;
  credentials: Credentials;
}

/** Owns all long-lived objects of the extension: language server, orchestrator, session, views. */
export class Workbench {
  private readonly log = vscode.window.createOutputChannel('DOTS', { log: true });
  private readonly language: LanguageServer;
  private readonly orchestrator: OrchestratorHost;
  private readonly profiles: ProfileHost;
  private readonly sessions: Sessions;
  private readonly view: SessionView;
  private readonly owned: vscode.Disposable[];

  constructor(extension: vscode.ExtensionContext) {
    const active = new ActiveProfile(extension.workspaceState);
    this.language = new LanguageServer(extension, active, this.log);
    const states = new DocumentStates(this.language);
    this.orchestrator = new OrchestratorHost(this.log, stateFolder(extension), extension.workspaceState);
    const identity = new ClientIdentity(this.log);
    this.profiles = new ProfileHost(this.language, active, this.log);
    const data = new DataHost(identity, this.log);
    const profilesFile = async (): Promise<string> => (await this.profiles.read()).file;
    this.sessions = new Sessions(identity, this.log, new CuidCollision(identity, data), profilesFile);
    const underway = new Underway();
    const credentials = new Credentials(extension.secrets);
    const targets = new ServerTargets(this.orchestrator, identity, credentials);
    const installed = new InstalledEntries({ profiles: this.profiles, targets, identity, data, log: this.log });
    this.view = new SessionView(this.sessions, this.orchestrator, underway, installed);
    const sender = new RequestSender(states, targets, this.sessions, data, underway, this.log);
    const running = new RunningRequests(this.sessions, identity, this.log);
    const asker = new ServerAsker({
      profiles: this.profiles,
      targets,
      identity,
      sessions: this.sessions,
      orchestrator: this.orchestrator,
      installed,
      log: this.log,
    });
    this.owned = [
      asker,
      active,
      states,
      this.language,
      this.orchestrator,
      this.sessions,
      this.view,
      underway,
      installed,
      sender,
      registerInstalled(installed, this.log),
      new ConnectionTest({ profiles: this.profiles, active, targets, sessions: this.sessions, data, log: this.log }),
      registerAddServer({ profiles: this.profiles, active, log: this.log }),
      registerUnderAttack({
        profiles: this.profiles,
        active,
        installed,
        orchestrator: this.orchestrator,
        log: this.log,
      }),
      running,
      new Notifications(this.sessions),
      new DryRun({ states, targets, identity, log: this.log }),
      ...aroundDocuments(extension, states, running),
      new FlowspecPreview(this.language, states, flowspecWorkers(extension), this.log),
      new LiveFlowspec(this.orchestrator),
      new ProfileStatus(states, active),
      new StatusBar(this.orchestrator, this.sessions, underway),
      ...this.commands(extension, { sender, running, asker, credentials }),
    ];
  }

  /** What a person can start. */
  private commands(
    extension: vscode.ExtensionContext,
    { sender, running, asker, credentials }: Actors,
  ): vscode.Disposable[] {
    return [
      registerOrchestrator(this.orchestrator, this.sessions, this.log),
      registerSimulation(this.orchestrator, this.log),
      registerSendRequest(sender),
      registerMitigationCommands({
        sessions: this.sessions,
        log: this.log,
        view: this.view,
        running,
        askServers: () => asker.ask(),
      }),
      registerProfiles(this.profiles),
      registerKeys(this.profiles, credentials, this.sessions, this.log),
      vscode.commands.registerCommand('dots.showLog', () => this.log.show()),
      ...registerExamples(extension),
    ];
  }

  get api(): WorkbenchApi {
    return {
      activationTimes,
      profiles: async () => (await this.profiles.read()).state,
      ready: () => this.language.ready(),
      sessionTree: () => this.view.tree(),
      orchestrator: () => this.orchestrator.signal,
      lab: () => this.orchestrator.lab,
    };
  }

  /** Ends the session, the orchestrator and the server, then disposes of the rest. */
  async close(): Promise<void> {
    await this.sessions.close();
    await Promise.all([this.orchestrator.stop(), this.language.stop()]);
    for (const each of this.owned) each.dispose();
    this.log.dispose();
  }
}

/** Where the orchestrator stores its state between windows of one workspace; undefined without a workspace on disk. */
function stateFolder({ storageUri }: vscode.ExtensionContext): string | undefined {
  return storageUri?.scheme === 'file' ? vscode.Uri.joinPath(storageUri, 'orchestrator').fsPath : undefined;
}

/** What the editor shows of documents, and makes of them. */
const aroundDocuments = (
  extension: vscode.ExtensionContext,
  states: DocumentStates,
  running: RunningRequests,
): vscode.Disposable[] => [
  new DocumentLenses(states, running),
  new DocumentStatus(states),
  new LensHint(extension.globalState),
  new PlainJson(),
];

const registerExamples = (extension: vscode.ExtensionContext): vscode.Disposable[] => [
  vscode.commands.registerCommand('dots.openExample', () => openExample(extension, examples.request)),
  vscode.commands.registerCommand('dots.openDraft', () => openExample(extension, examples.draft)),
  vscode.commands.registerCommand('dots.newDocument', () => newDocument()),
];

function flowspecWorkers(extension: vscode.ExtensionContext): PreviewWorkers {
  return new PreviewWorkers(extension.asAbsolutePath('dist/flowspec.js'));
}
