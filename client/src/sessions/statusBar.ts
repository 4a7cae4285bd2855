import * as vscode from 'vscode';
import { printable } from '#dots/model/text';
import { duration, plural } from '#dots/words/quantities';
import { conflictSentences } from '#dots/words/conflicts';
import { sessionWords } from '#dots/words/sessions';
import { shortTarget } from '#dots/words/targets';
import { ongoing } from '#dots/words/mitigationStatuses';
import type { OrchestratorHost } from '../orchestrator/orchestratorHost';
import { endedByItself, isAboutToEnd, isAttackOn, type Mitigation } from '../ui/mitigation';
import { labelText } from '../ui/textLayout';
import type { SessionHost } from './sessionHost';
import type { Sessions } from './sessions';
import type { Underway } from './underway';

interface Look {
  text: string;
  tooltip: string;
  command: string;
  warning?: true;
}

const showView = 'dots.session.focus';

/** One status bar item: what is being sent, else the state of the session, else that of the mock. */
export class StatusBar implements vscode.Disposable {
  private readonly item = vscode.window.createStatusBarItem('dots.status', vscode.StatusBarAlignment.Left, 0);
  private readonly listeners: vscode.Disposable[];
  private ticking: NodeJS.Timeout | undefined;

  constructor(
    private readonly orchestrator: OrchestratorHost,
    private readonly sessions: Sessions,
    private readonly underway: Underway,
  ) {
    this.item.name = 'DOTS session';
    const update = (): void => this.update();
    this.listeners = [orchestrator.onDidChange(update), sessions.onDidChange(update), underway.onDidChange(update)];
    this.update();
    this.item.show();
  }

  dispose(): void {
    clearInterval(this.ticking);
    for (const listener of this.listeners) listener.dispose();
    this.item.dispose();
  }

  private update(): void {
    this.tick(this.underway.list().length > 0);
    const { text, tooltip, command, warning } = this.look();
    this.item.text = text;
    this.item.tooltip = printable(tooltip);
    this.item.command = command;
    this.item.accessibilityInformation = { label: text.replace(/\$\([^)]*\) ?/g, '') };
    this.item.backgroundColor = warning ? new vscode.ThemeColor('statusBarItem.warningBackground') : undefined;
  }

  /** The item is updated every second only while something is being sent. */
  private tick(wanted: boolean): void {
    if (wanted) this.ticking ??= setInterval(() => this.update(), 1000);
    else {
      clearInterval(this.ticking);
      this.ticking = undefined;
    }
  }

  private look(): Look {
    return this.sendingLook() ?? this.sessionLook() ?? this.orchestratorLook();
  }

  private sendingLook(): Look | undefined {
    const [first, ...rest] = this.underway.list();
    if (first === undefined) return undefined;
    const seconds = Math.floor((Date.now() - first.since) / 1000);
    const elapsed = seconds > 0 ? `, ${duration(seconds)}` : '';
    if (rest.length > 0)
      return {
        text: `$(sync~spin) DOTS: sending ${plural(rest.length + 1, 'document')}${elapsed}`,
        tooltip: 'Click to see them, and to stop waiting.',
        command: showView,
      };
    return {
      text: `$(sync~spin) DOTS: sending ${labelText(first.document)}${elapsed} $(close)`,
      tooltip: 'Click to stop waiting for the answer.',
      command: 'dots.cancelSend',
    };
  }

  private sessionLook(): Look | undefined {
    const sessions = this.sessions.list();
    const [worst] = needs.flatMap((need) => sessions.map(need)).filter((look) => look !== undefined);
    if (worst !== undefined) return worst;
    const open = sessions.filter(({ state }) => state === 'open');
    if (open.length === 0) return undefined;
    const number = ongoing(open.flatMap((session) => session.mitigations())).length;
    return {
      text: `$(shield) DOTS: ${number === 0 ? 'session open' : plural(number, 'mitigation')}`,
      tooltip: `Open: ${open.map(({ name, server }) => `${name}, ${server ?? ''}`).join('; ')}. Click to see ${open.length === 1 ? 'it' : 'them'}.`,
      command: showView,
    };
  }

  private orchestratorLook(): Look {
    const { state, signal } = this.orchestrator;
    if (state === 'starting')
      return {
        text: '$(loading~spin) DOTS: starting the mock',
        tooltip: 'The mock orchestrator is being started.',
        command: showView,
      };
    if (signal === undefined)
      return {
        text: '$(shield) DOTS',
        tooltip: 'No DOTS session; the mock orchestrator is not running. Click to see the next step.',
        command: showView,
      };
    return {
      text: '$(broadcast) DOTS: mock is ready',
      tooltip: `The mock orchestrator listens on ${signal}. Click to see the next step.`,
      command: showView,
    };
  }
}

/** What needs attention, the worst first: a server that does not answer, and what happens to mitigations. */
const needs: readonly ((session: SessionHost) => Look | undefined)[] = [
  unreachable,
  onMitigation(endedByItself, 'over', ({ ended = '' }) => `${ended}. Dismiss it there.`),
  onMitigation(
    (each) => isAboutToEnd(each, Date.now()) && isAttackOn(each),
    'ends soon',
    () => 'The attack goes on: renew it.',
  ),
  onMitigation(
    ({ scope, ended }) => ended === undefined && conflictSentences([scope]).length > 0,
    'in conflict',
    ({ scope }) => conflictSentences([scope]).join(' '),
  ),
  onMitigation(
    ({ unanswered, ended }) => unanswered === true && ended === undefined,
    'unanswered',
    () => 'It may have arrived: refresh to ask the server.',
  ),
];

const warning = { command: showView, warning: true as const };

function unreachable({ name, snapshot }: SessionHost): Look | undefined {
  if (snapshot === undefined || ['connected', 'connecting'].includes(snapshot.state)) return undefined;
  const state = snapshot.state === 'never-reached' ? 'not reached' : snapshot.state.replace('-', ' ');
  return {
    ...warning,
    text: `$(warning) DOTS: ${labelText(name)} ${state}`,
    tooltip: `${sessionWords(snapshot)} Click to see the session.`,
  };
}

/** The first mitigation of which something is true. */
function onMitigation(
  isMeant: (mitigation: Mitigation) => boolean,
  what: string,
  sentence: (mitigation: Mitigation) => string,
): (session: SessionHost) => Look | undefined {
  return (session) => {
    const found = session.mitigations().find(isMeant);
    if (found === undefined) return undefined;
    return {
      ...warning,
      text: `$(warning) DOTS: mitigation of ${labelText(shortTarget(found.scope))} ${what}`,
      tooltip: `${session.name}: ${sentence(found)} Click to see it.`,
    };
  };
}
