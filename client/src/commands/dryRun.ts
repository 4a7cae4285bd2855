import * as vscode from 'vscode';
import type { JsonObject } from '#dots/model/json';
import { documentTypeOf } from '#dots/model/documents';
import type { Channel } from '#dots/workspace/destination';
import { chosenDocument, fileName } from '../editor/document';
import type { DocumentStates } from '../editor/documentStates';
import { showFailure } from '../editor/problems';
import type { ClientIdentity } from '../sessions/identity';
import type { ServerTargets, SettledTarget } from '../sessions/serverTargets';
import { heading, sections } from '../ui/textLayout';
import { VirtualDocuments } from '../ui/virtualDocuments';
import { sendable } from './sendable';

/** What a dry run needs. */
interface Parts {
  states: DocumentStates;
  targets: ServerTargets;
  identity: ClientIdentity;
  log: vscode.LogOutputChannel;
}

/** Shows where a document would go and what would be sent. Nothing is sent, and no secret is asked for. */
export class DryRun implements vscode.Disposable {
  private readonly texts = new VirtualDocuments('dots-plan', () => 'Press "Dry run" above the document again.\n');
  private readonly command = vscode.commands.registerCommand('dots.dryRun', (uri?: vscode.Uri) => this.run(uri));

  constructor(private readonly parts: Parts) {}

  dispose(): void {
    this.command.dispose();
    this.texts.dispose();
  }

  private async run(uri?: vscode.Uri): Promise<void> {
    const { states, targets, log } = this.parts;
    try {
      const document = await chosenDocument(uri);
      const given = await states.toSend(document);
      const channel = documentTypeOf(given.value)?.channel ?? 'signal';
      const { value, destination } = sendable(given, channel);
      const target = await targets.toPlan(destination, channel);
      const text = await this.text(value, target, channel, document.uri);
      const shown = this.texts.uri(`Dry run: ${fileName(document.uri)}`, document.uri.toString());
      this.texts.set(shown, text);
      await this.texts.showBeside(shown);
    } catch (error) {
      showFailure(log, 'The dry run is not possible.', error);
    }
  }

  private async text(
    value: JsonObject,
    target: SettledTarget,
    channel: Channel,
    { scheme, fsPath }: vscode.Uri,
  ): Promise<string> {
    const { dryRunText, ...plans } = await import('#lazy/protocol');
    const lines = async (): Promise<string[]> => {
      if (channel === 'data') return plans.installationLines(value, plans.plannedInstallation(value, target.cuid));
      const ledger = await (await this.parts.identity.client(target)).read();
      const sending = { ...target, file: scheme === 'file' ? fsPath : null };
      return plans.plannedLines(plans.plannedRequest(ledger, value, sending, Date.now()));
    };
    return sections(heading('Dry run: nothing was sent'), dryRunText(target, await lines()).trimEnd());
  }
}
