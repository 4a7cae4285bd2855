import * as vscode from 'vscode';
import { DocumentLenses } from './features/codeLens';
import { DataHost } from './features/dataChannel';
import { DocumentStatus } from './features/documentStatus';
import { openExample } from './features/example';
import { FlowspecPreview } from './features/flowspecPreview';
import { ClientIdentity } from './features/identity';
import { LanguageServer } from './features/languageClient';
import { LiveFlowspec } from './features/liveFlowspec';
import { registerMitigationCommands } from './features/mitigationCommands';
import { OrchestratorHost, registerOrchestrator } from './features/orchestrator';
import { registerSendRequest, RequestSender } from './features/sendRequest';
import { SessionHost } from './features/session';
import { SessionView } from './features/sessionView';
import { StatusBar } from './features/statusBar';
import type { TreeNode } from './ui/sessionTree';

/** What other extensions, and the tests, may ask of this one. */
export interface WorkbenchApi {
  /** Settles when the language server answers. */
  ready(): Promise<void>;
  /** The rows of the session view as they are now; none while there is no session. */
  sessionTree(): readonly TreeNode[];
  /** The address of the embedded orchestrator's signal channel, `coap://127.0.0.1:N`, while it runs. */
  orchestrator(): string | undefined;
}

/** Owns everything of the extension that lives: language server, orchestrator, session, views. */
export class Workbench {
  private readonly log = vscode.window.createOutputChannel('DOTS', { log: true });
  private readonly language: LanguageServer;
  private readonly orchestrator: OrchestratorHost;
  private readonly session: SessionHost;
  private readonly view: SessionView;
  private readonly owned: vscode.Disposable[];

  constructor(extension: vscode.ExtensionContext) {
    this.language = new LanguageServer(extension, this.log);
    this.orchestrator = new OrchestratorHost(this.log, stateFolder(extension));
    const identity = new ClientIdentity(extension.globalState);
    this.session = new SessionHost(identity, this.log);
    this.view = new SessionView(this.session, this.orchestrator);
    const sender = new RequestSender(this.language, this.orchestrator, this.session, new DataHost(this.orchestrator, identity, this.log), this.log);
    this.owned = [
      this.language, this.orchestrator, this.session, this.view, sender,
      new DocumentLenses(this.language),
      new DocumentStatus(this.language),
      new FlowspecPreview(this.log),
      new LiveFlowspec(this.orchestrator),
      new StatusBar(this.orchestrator, this.session, sender),
      registerOrchestrator(this.orchestrator, this.session, this.log),
      registerSendRequest(sender),
      registerMitigationCommands(this.session, this.log),
      vscode.commands.registerCommand('dots.showLog', () => this.log.show()),
      vscode.commands.registerCommand('dots.openExample', () => openExample(extension)),
    ];
  }

  get api(): WorkbenchApi {
    return {
      ready: () => this.language.ready(),
      sessionTree: () => this.view.tree(),
      orchestrator: () => this.orchestrator.signal,
    };
  }

  /** Ends the session, the orchestrator and the server, then lets go of the rest. */
  async close(): Promise<void> {
    await this.session.close();
    await Promise.all([this.orchestrator.stop(), this.language.stop()]);
    for (const each of this.owned) each.dispose();
    this.log.dispose();
  }
}

/** Where the orchestrator keeps its state between windows of one workspace; none without a workspace on disk. */
function stateFolder({ storageUri }: vscode.ExtensionContext): string | undefined {
  return storageUri?.scheme === 'file' ? vscode.Uri.joinPath(storageUri, 'orchestrator').fsPath : undefined;
}
