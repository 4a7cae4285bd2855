/** A separate bundle, loaded after the activation of the extension: the LSP client, which is most of the code. */
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
  /** The initialization options at each start of the server. */
  initializationOptions: () => object;
  log: vscode.LogOutputChannel;
  /** Called when the server has ended twice and is not restarted. */
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
    // If the extension is debugged, a debugger can attach to the server too (.vscode/launch.json).
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

/** A server that ends is restarted once; when it ends again, one message reports that. */
function restartOnce(log: vscode.LogOutputChannel, gaveUp: () => void): ErrorHandler {
  let restarted = false;
  return {
    error: () => ({ action: ErrorAction.Continue, handled: true }),
    closed: () => {
      if (!restarted) {
        restarted = true;
        log.warn('The DOTS language server ended; restarting it.');
        return { action: CloseAction.Restart, handled: true };
      }
      gaveUp();
      return { action: CloseAction.DoNotRestart, handled: true };
    },
  };
}
