import * as vscode from 'vscode';
import { directionOf } from '#dots/model/direction';
import { documentTypeOf } from '#dots/model/documents';
import { printable } from '#dots/model/text';
import { plural } from '#dots/words/quantities';
import type { DocumentInfo } from '#contract';
import { labelText } from '../ui/textLayout';
import { jsonObject } from './document';
import { documentSelector, type LanguageServer } from './languageClient';
import type { Destination, ProfileHost } from '../sessions/profiles';

/** Links over the top-level member of a document: what can be done with it. */
export class DocumentLenses implements vscode.CodeLensProvider, vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<void>();
  private readonly listeners: vscode.Disposable[];
  private asked = 0;
  readonly onDidChangeCodeLenses = this.changed.event;

  constructor(
    private readonly language: LanguageServer,
    private readonly profiles: ProfileHost,
  ) {
    const fire = (): void => this.changed.fire();
    this.listeners = [
      language.onDidChange(fire),
      profiles.onDidChange(fire),
      vscode.workspace.onDidGrantWorkspaceTrust(fire),
      vscode.languages.registerCodeLensProvider(documentSelector, this),
    ];
  }

  async provideCodeLenses(document: vscode.TextDocument, token: vscode.CancellationToken): Promise<vscode.CodeLens[]> {
    const info = await this.language.documentInfo(document.uri, token);
    if (info === undefined || info.line === null) {
      this.askAgain(document);
      return [];
    }
    this.asked = 0;
    const range = new vscode.Range(info.line, 0, info.line, 0);
    const destination = await this.profiles.destination(document, token);
    return commandsFor(info, document, destination).map((command) => new vscode.CodeLens(range, command));
  }

  /** The server may not know the document yet, and nothing tells when it does: a document that is one of DOTS is asked for again. */
  private askAgain(document: vscode.TextDocument): void {
    if (this.asked >= 60 || documentTypeOf(jsonObject(document.getText())) === undefined) return;
    this.asked += 1;
    setTimeout(() => this.changed.fire(), 500);
  }

  dispose(): void {
    for (const listener of this.listeners) listener.dispose();
    this.changed.dispose();
  }
}

function commandsFor(info: DocumentInfo, document: vscode.TextDocument, destination: Destination): vscode.Command[] {
  const preview: vscode.Command = {
    title: 'Preview Flowspec',
    tooltip: 'Show the BGP Flowspec rules of this document beside it',
    command: 'dots.previewFlowspec',
    arguments: [document.uri],
  };
  if (info.kind === 'acls') return [installCommand(info.errors, document.uri, destination), preview];
  if (info.kind === 'aliases') return [installCommand(info.errors, document.uri, destination)];
  if (info.kind !== 'mitigation-scope') return [];
  if ((destination.context.direction ?? directionOf(jsonObject(document.getText()))) === 'status') return [preview];
  return [sendCommand(info.errors, document.uri, destination), preview];
}

function sendCommand(errors: number, uri: vscode.Uri, destination: Destination): vscode.Command {
  return (
    obstacle(errors, 'send', destination) ?? {
      title: `Send to ${called(destination)}`,
      tooltip: `Send this request over CoAP to ${described(destination)}`,
      command: 'dots.sendRequest',
      arguments: [uri],
    }
  );
}

function installCommand(errors: number, uri: vscode.Uri, destination: Destination): vscode.Command {
  return (
    obstacle(errors, 'install', destination) ?? {
      title: `Install on ${called(destination)}`,
      tooltip: `Install this over the DOTS data channel on ${described(destination)}`,
      command: 'dots.install',
      arguments: [uri],
    }
  );
}

const called = ({ name, profile }: Destination): string =>
  `${labelText(name)}${profile?.production === true ? ' (production)' : ''}`;

const described = ({ name, profile }: Destination): string =>
  profile === undefined ? 'the mock orchestrator on this machine' : `the server of the profile "${printable(name)}"`;

/** What stands there instead while a document cannot go out. */
function obstacle(
  errors: number,
  action: 'send' | 'install',
  { name, missing }: Destination,
): vscode.Command | undefined {
  if (errors > 0)
    return {
      title: `${plural(errors, 'error')}: nothing to ${action} yet`,
      tooltip: 'Show the problems of this document',
      command: 'workbench.actions.view.problems',
    };
  if (!vscode.workspace.isTrusted)
    return {
      title: 'Sending is off: this folder is not trusted',
      tooltip: 'Manage workspace trust',
      command: 'workbench.trust.manage',
    };
  if (missing)
    return {
      title: `No profile "${labelText(name)}": nowhere to ${action} this yet`,
      tooltip: 'Open your server profiles',
      command: 'dots.openProfiles',
    };
  return undefined;
}
