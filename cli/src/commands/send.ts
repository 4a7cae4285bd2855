import { documentTypeOf } from '#dots/model/documents';
import { DotsError } from '#dots/model/errors';
import { isData } from '../clientIdentity';
import { UsageError, type Command, type ExitStatus } from '../command';
import { ownConnection } from '../connection';
import { readDocument, type ReadDocument } from '../document';
import { withOption } from '../mitigationTargets';
import { progressOf, verboseOption } from '../progress';
import { isSendable } from '../sendable';
import { sendingOf, targetOptions } from '../serverTarget';
import type { SettledTarget } from '../settledTarget';
import { namedFiles } from './namedFiles';
import { alwaysJson } from './sendJson';
import { answerText } from './sendReport';
import { answerJson } from './sendResult';
import { onlyResult, wantsJson, type SendRun } from './sendRun';
import { sendSignal } from './sendSignal';

/** `dots send`: documents to their servers, and the servers' answers. */
export const send: Command = {
  name: 'send',
  summary: 'Send documents to DOTS servers, over the channel they belong to, and print the answers.',
  usage:
    'FILE...|- [--profile NAME] [--yes] [--cuid C] [--mid N] [--blocks] [--timeout S] [--format text|json]\n       dots send --all DIR [--yes] [--format text|json]\n       dots send FILE|- --server coaps://... --ca FILE --cert FILE --key FILE [--cuid C] [--mid N]\n       dots send FILE|- --server coaps+tcp://... --psk-identity ID --psk-key-file FILE\n       dots send FILE|- --server https://... --ca FILE --cert FILE --key FILE [--cuid C]',
  options: [
    ...targetOptions,
    { name: 'all', description: 'Send all documents below the named folder that are for a server.' },
    verboseOption,
    {
      name: 'dry-run',
      description: 'Print the destination, the mid, the options and the octets of the request, and send nothing.',
    },
    {
      name: 'blocks',
      description:
        'Send a mitigation request that does not fit in one datagram in blocks (Block1); RFC 9132 section 7.3 forbids it, and some servers refuse it.',
    },
    {
      name: 'replace',
      description:
        'Send a request that replaces running mitigations, also where targets lose protection; and where the server refuses a mid because it has a higher one, send it again under one that is higher still.',
    },
    {
      name: 'new-cuid',
      description: 'Where another client uses the cuid, generate a new one, use it from then on, and send again.',
    },
    {
      name: 'format',
      value: 'FORMAT',
      choices: ['text', 'json'],
      preset: 'text',
      description: 'The output format.',
    },
  ],
  details: [
    'The target and the client identity come from the options, then the workspace file, then its profile. The answer shows the profile, the cuid and the mid that were used.',
    'A production profile requires --yes.',
    'Several documents go to their servers at the same time, and to one server in order, over one session. Each has a result of its own; one that fails does not stop the others, and the exit status is the highest. With --format json there is one object per line, with the file. --all sends aliases and ACLs before the requests, and leaves out what a server has written.',
    'A request with the content of a running mitigation refreshes it. One that replaces running mitigations, because they have lower mids and share a target (RFC 9132 section 4.4.1.3), names them and the targets that are no longer or newly protected: on a terminal as a question; elsewhere it is not sent if targets lose protection, unless --replace is used.',
    'A mitigation request that is larger than one datagram is not sent: split it into several (RFC 9132 section 7.3), or use --blocks. Other documents are sent in blocks, with a note that this fails on a full link (RFC 9244 section 4.2). Over TLS there is no such limit.',
    'Parts of an answer that do not follow the RFC (null, unknown members and values) are left out and reported; the rest is printed. With --format json the reports are in notes.',
    'A document with errors is not sent: its findings are printed, and the exit status is 1.',
    'Aliases and ACLs are sent over the data channel (https); dots registers the client first if the server does not know it, and replaces entries of the same name. A cuid belongs to the certificate that registered it.',
    'If dots session is running, the document is sent over its session: no handshake is needed.',
    "Exit status 0: the server accepted (2.01 or 2.04; 2xx over https). 1: it refused (4.xx, 5.xx; 4xx, 5xx). 3: it did not answer or one side did not accept the other's certificate; without an answer the document may still have arrived.",
  ],
  examples: [
    'dots send request.dots.json',
    'dots send request.dots.json --profile lab',
    'dots send --all requests --profile lab',
    'dots send request.dots.json --profile lab --dry-run',
    'dots send request.dots.json --server coap://127.0.0.1:4646',
    'dots send request.dots.json --server coaps://127.0.0.1:4646 --ca ca.pem --cert client.pem --key client-key.pem',
    'dots send request.dots.json --server coap://127.0.0.1:4646 --cuid dz6pHjaADkaFTbjr0JGBpw --mid 12',
    'dots send acl.dots.json --server https://127.0.0.1:4443 --ca ca.pem --cert client.pem --key client-key.pem --cuid dz6pHjaADkaFTbjr0JGBpw',
  ],
  run: (given, io) => {
    const { watch, end } = progressOf(given, io);
    const connect = io.connect ?? ownConnection;
    return alwaysJson({ given, io, connect, watch, json: onlyResult(given) }, runSend).finally(end);
  },
};

async function runSend(run: SendRun): Promise<ExitStatus> {
  const { files, several } = await namedFiles(run.given);
  const [only] = files;
  if (!several && only !== undefined) return sendFile(only, run);
  const { sendEach } = await import('./sendFiles');
  return sendEach(files, run, sendFile);
}

async function sendFile(file: string, run: SendRun): Promise<ExitStatus> {
  const { given, io } = run;
  const document = await readDocument(file, io);
  if (document === undefined) return 1;
  const isDry = given.option('dry-run') !== undefined;
  // What is not sent needs no confirmation.
  const sending = await sendingOf(document, isDry ? withOption(given, 'yes', '') : given, io);
  const { target } = sending;
  requireChannel(document, target);
  if (!(await isSendable(document, sending, { io, who: 'dots send' }))) return 1;
  if (isDry) {
    const { dryRun } = await import('./dryRun');
    return dryRun(document, sending, run);
  }
  if (isData(target.server)) {
    const { install } = await import('./install');
    return install(document.value, sending, run);
  }
  const sent = await sendSignal({ document, sending, ...run }).catch(nameBlocks);
  await io.out(wantsJson(run) ? run.json(answerJson(sent, sending.notes)) : answerText(sent, document.value));
  return sent.answer.ok ? 0 : 1;
}

/** Adds the option of the command to the hint. */
function nameBlocks(error: unknown): never {
  if (!(error instanceof DotsError) || error.code !== 'signal/needs-blocks') throw error;
  const hint = `${error.hint ?? ''} --blocks sends it in blocks all the same.`;
  throw new DotsError(error.kind, error.code, error.message, hint, { cause: error });
}

/** Throws UsageError for a document of the other channel. */
function requireChannel({ file, value }: ReadDocument, { server }: SettledTarget): void {
  const type = documentTypeOf(value);
  if (type?.channel === 'data' && !isData(server))
    throw new UsageError(
      `${file} contains ${type.title}, which are sent over the data channel (https).`,
      'Specify its server: --server https://... with --ca, --cert and --key.',
    );
  if (type?.channel === 'signal' && isData(server))
    throw new UsageError(
      `${file} contains a ${type.title}, which is sent over the signal channel.`,
      'Specify its server: --server coaps://... or coaps+tcp://...',
    );
}
