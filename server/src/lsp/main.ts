import { createConnection, ProposedFeatures } from 'vscode-languageserver/node';
import { startServer } from './server';

const usage = `The DOTS language server communicates with an editor by the Language Server Protocol. Options:
  --stdio            over standard input and output
  --node-ipc         over the channel of a parent Node process
  --socket=PORT      over TCP, connecting to the editor
  --pipe=NAME        over a named pipe
`;

if (process.argv.slice(2).some((argument) => /^--(stdio|node-ipc|socket|pipe)(=|$)/.test(argument))) {
  process.once('disconnect', () => process.exit(0));
  startServer(createConnection(ProposedFeatures.all));
} else {
  process.stderr.write(usage);
  process.exitCode = 2;
}
