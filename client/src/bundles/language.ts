/** A bundle of its own, loaded when the extension is active already: the LSP client, which is most of what has to be read then. */
import type * as vscode from 'vscode';
import {
  CloseAction,
  ErrorAction,
  LanguageClient,
  RevealOutputChannelOn,
  TransportKind,
  type ErrorHandler,
} from 'vscode-languageclient/node';

export { State, type LanguageClient } from 'vscode-languageclient/node';

export interface ClientOptions {
  /** The path of the language server's bundle. */
  module: string;
  documentSelector: { language: string; scheme: string }[];
  /** What the server is told each time it starts. */
  initializationOptions: () => object;
  log: vscode.LogOutputChannel;
  /** Called when the server ended twice and stays off. */
  gaveUp: () => void;
}

/** The client of the language server, not started yet. */
export function createClient({
  module,
  documentSelector,
  initializationOptions,
  log,
  gaveUp,
}: ClientOptions): LanguageClient {
  const run = { module, transport: TransportKind.ipc };
  return new LanguageClient(
    'dots',
    'DOTS',
    // Where the extension is debugged, a debugger can attach to the server too (.vscode/launch.json).
    { run, debug: { ...run, options: { execArgv: ['--inspect=6009'] } } },
    {
      documentSelector,
      outputChannel: log,
      revealOutputChannelOn: RevealOutputChannelOn.Never,
      diagnosticCollectionName: 'dots',
      errorHandler: restartOnce(log, gaveUp),
      initializationOptions,
    },
  );
}

/** A server that ends is started again once; when it ends again, one message says so, and that is all. */
function restartOnce(log: vscode.LogOutputChannel, gaveUp: () => void): ErrorHandler {
  let restarted = false;
  return {
    error: () => ({ action: ErrorAction.Continue, handled: true }),
    closed: () => {
      if (!restarted) {
        restarted = true;
        log.warn('The DOTS language server ended; it is started again.');
        return { action: CloseAction.Restart, handled: true };
      }
      gaveUp();
      return { action: CloseAction.DoNotRestart, handled: true };
    },
  };
}
