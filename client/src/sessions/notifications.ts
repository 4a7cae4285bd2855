import * as vscode from 'vscode';
import { printable } from '#dots/model/text';
import { notificationText } from '../ui/textLayout';
import { MitigationAlerts, type MitigationAlert } from './mitigationAlerts';
import type { Sessions } from './sessions';

/** How often the time that is left is looked at, milliseconds. */
const lookMs = 10_000;

/** Notifications of mitigations that end by themselves, and of those about to end while the attack goes on. */
export class Notifications implements vscode.Disposable {
  private readonly alerts = new MitigationAlerts();
  private readonly looking = setInterval(() => this.look(), lookMs);
  private readonly listener: vscode.Disposable;

  constructor(private readonly sessions: Pick<Sessions, 'list' | 'onDidChange'>) {
    this.listener = sessions.onDidChange(() => this.look());
  }

  dispose(): void {
    clearInterval(this.looking);
    this.listener.dispose();
  }

  private look(): void {
    const all = this.sessions
      .list()
      .flatMap((session) => session.mitigations().map((mitigation) => ({ session: session.name, mitigation })));
    for (const alert of this.alerts.take(all, Date.now())) void show(alert);
  }
}

/** The button of each alert, and the command that it runs. */
const ways = {
  ending: { title: 'Renew', command: 'dots.renew' },
  ended: { title: 'Open document', command: 'dots.openDocument' },
} as const;

async function show({ where, what, sentence }: MitigationAlert): Promise<void> {
  const way = ways[what];
  const [text, view] = [notificationText(printable(sentence)), 'Show'];
  const chosen = await vscode.window.showWarningMessage(text, way.title, view);
  if (chosen === way.title) await vscode.commands.executeCommand(way.command, where);
  else if (chosen === view) await vscode.commands.executeCommand('dots.session.focus');
}
