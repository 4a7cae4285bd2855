import * as vscode from 'vscode';
import { DotsError, describeError } from '#dots/model/errors';
import { oneLine } from '#dots/model/text';
import { showProblems } from '../ui/documentAction';
import { notificationText } from '../ui/textLayout';

/** A button of an error message. */
export interface Way {
  title: string;
  command: string;
  args?: unknown[];
}

const openProblems: Way = { title: 'Show problems', command: showProblems };
const openProfiles: Way = { title: 'Open profiles', command: 'dots.openProfiles' };

/** The button for a failure, by its code; the log is offered for all. */
const waysOut: Record<string, Way> = {
  'editor/untrusted': { title: 'Manage trust', command: 'workbench.trust.manage' },
  'destination/untrusted': { title: 'Manage trust', command: 'workbench.trust.manage' },
  'destination/workspace-errors': openProblems,
  'editor/policy-errors': openProblems,
  'destination/profiles-errors': openProfiles,
  'destination/no-profiles-file': openProfiles,
  'destination/no-profile': openProfiles,
  'destination/no-address': openProfiles,
  'editor/incomplete-profile': openProfiles,
  'editor/unreadable-file': openProfiles,
  'transport/port-in-use': {
    title: 'Open settings',
    command: 'workbench.action.openSettings',
    args: ['dots.orchestrator'],
  },
};

const showLog: Way = { title: 'Show log', command: 'dots.showLog' };

/**
 * Reports a failed user action: one message with a sentence, a button, and the log, which has the details. It may
 * contain names of files and text of a server, which are not shown as links. It does not wait for the user: the message
 * may stay open for long.
 * @param particular a button for this failure, which takes precedence over that of its code
 */
export function showFailure(log: vscode.LogOutputChannel, what: string, error: unknown, particular?: Way): void {
  const sentence = oneLine(`${what} ${describeError(error)}`);
  log.error(sentence, error instanceof Error ? (error.stack ?? '') : '');
  const wayOut = particular ?? (error instanceof DotsError ? waysOut[error.code] : undefined);
  const ways = wayOut === undefined ? [showLog] : [wayOut, showLog];
  void vscode.window.showErrorMessage(notificationText(sentence), ...ways.map(({ title }) => title)).then((chosen) => {
    const way = ways.find(({ title }) => title === chosen);
    return way && vscode.commands.executeCommand(way.command, ...(way.args ?? []));
  });
}
