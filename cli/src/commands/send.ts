import { conflictSentences } from '#dots/words/conflicts';
import { documentTypeOf } from '#dots/model/documents';
import { DotsError } from '#dots/model/errors';
import type { JsonObject } from '#dots/model/json';
import { oneLine, printable, safeJson } from '#dots/model/text';
import { codeWords, maxAgeWords } from '#dots/words/codes';
import { grantedLifetimeWords } from '#dots/words/quantities';
import { securityWords } from '#dots/words/sessions';
import { grantedLifetime, lifetimeOf, scopesOf } from '#dots/signal/scopes';
import type { Answer } from '#dots/signal/session';
import { UsageError, type Command, type ExitStatus, type Arguments } from '../command';
import { ownConnection, type Connect } from '../connection';
import { readDocument, type ReadDocument } from '../document';
import type { Io } from '../io';
import { isSendable } from '../sendable';
import { sendingOf, targetOptions } from '../serverTarget';
import type { SettledTarget } from '../settledTarget';
import { alwaysJson } from './sendJson';
import { sendSignal, type SignalResult } from './sendSignal';

const description: Omit<Command, 'run'> = {
  name: 'send',
  summary: 'Send a document to a DOTS server, over the channel it belongs to, and print its answer.',
  usage:
    'FILE|- [--profile NAME] [--yes] [--cuid C] [--mid N] [--blocks] [--timeout S] [--format text|json]\n       dots send FILE|- --server coaps://... --ca FILE --cert FILE --key FILE [--cuid C] [--mid N]\n       dots send FILE|- --server coaps+tcp://... --psk-identity ID --psk-key-file FILE\n       dots send FILE|- --server https://... --ca FILE --cert FILE --key FILE [--cuid C]',
  options: [
    ...targetOptions,
    {
      name: 'blocks',
      description:
        'Send a mitigation request that does not fit in one datagram in blocks (Block1); RFC 9132 section 7.3 forbids it, and some servers refuse it.',
    },
    {
      name: 'replace',
      description:
        'Where the server refuses a mid because it has a higher one, send the request again under one that is higher still, also where that replaces mitigations.',
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
    'A mitigation request that is larger than one datagram is not sent: split it into several (RFC 9132 section 7.3), or use --blocks. Other documents are sent in blocks, with a note that this fails on a full link (RFC 9244 section 4.2). Over TLS there is no such limit.',
    'Parts of an answer that do not follow the RFC (null, unknown members and values) are left out and reported; the rest is printed. With --format json the reports are in notes.',
    'A document with errors is not sent: its findings are printed, and the exit status is 1.',
    'Aliases and ACLs are sent over the data channel (https); dots registers the client first if the server does not know it, and replaces entries of the same name. A cuid belongs to the certificate that registered it.',
    'If dots session is running in this folder, the document is sent over its session: no handshake is needed. A document from standard input is sent over a separate session.',
    "Exit status 0: the server accepted (2.01 or 2.04; 2xx over https). 1: it refused (4.xx, 5.xx; 4xx, 5xx). 3: it did not answer or one side did not accept the other's certificate; without an answer the document may still have arrived.",
  ],
  examples: [
    'dots send request.dots.json',
    'dots send request.dots.json --profile lab',
    'dots send request.dots.json --server coap://127.0.0.1:4646',
    'dots send request.dots.json --server coaps://127.0.0.1:4646 --ca ca.pem --cert client.pem --key client-key.pem',
    'dots send request.dots.json --server coap://127.0.0.1:4646 --cuid dz6pHjaADkaFTbjr0JGBpw --mid 12',
    'dots send acl.dots.json --server https://127.0.0.1:4443 --ca ca.pem --cert client.pem --key client-key.pem --cuid dz6pHjaADkaFTbjr0JGBpw',
  ],
};

/** `dots send`: one document to a server, over a session for this document only, and the server's answer. */
export const send = sendOver(ownConnection);

/** `dots send` over one kind of connection. */
export function sendOver(connect: Connect): Command {
  return {
    ...description,
    run: (given, io) => alwaysJson(given, io, (asked, watched) => runSend(asked, watched, connect)),
  };
}

async function runSend(given: Arguments, io: Io, connect: Connect): Promise<ExitStatus> {
  const [path, ...more] = given.paths;
  if (path === undefined || more.length > 0)
    throw new UsageError('Name one file, or - for standard input.', 'See dots send --help.');
  const document = await readDocument(path, io);
  if (document === undefined) return 1;
  const sending = await sendingOf(document, given, io);
  const { target } = sending;
  requireChannel(document, target);
  if (!(await isSendable(document, sending, { io, who: 'dots send' }))) return 1;
  if (isData(target)) {
    const { install } = await import('./install');
    return install(document.value, target, given, io);
  }
  const sent = await sendSignal({ document, sending, connect, given, io }).catch(nameBlocks);
  const isJson = given.option('format') === 'json';
  await io.out(isJson ? `${safeJson(answerJson(sent), 2)}\n` : answerText(sent, document.value));
  return sent.answer.ok ? 0 : 1;
}

/** Adds the option of the command to the hint. */
function nameBlocks(error: unknown): never {
  if (!(error instanceof DotsError) || error.code !== 'signal/needs-blocks') throw error;
  const hint = `${error.hint ?? ''} --blocks sends it in blocks all the same.`;
  throw new DotsError(error.kind, error.code, error.message, hint, { cause: error });
}

function isData({ server }: SettledTarget): boolean {
  return /^https:/i.test(server);
}

/** Throws UsageError for a document of the other channel. */
function requireChannel({ file, value }: ReadDocument, target: SettledTarget): void {
  const type = documentTypeOf(value);
  if (type?.channel === 'data' && !isData(target))
    throw new UsageError(
      `${file} contains ${type.title}, which are sent over the data channel (https).`,
      'Specify its server: --server https://... with --ca, --cert and --key.',
    );
  if (type?.channel === 'signal' && isData(target))
    throw new UsageError(
      `${file} contains a ${type.title}, which is sent over the signal channel.`,
      'Specify its server: --server coaps://... or coaps+tcp://...',
    );
}

function answerText({ answer, session, target, kept, remarks }: SignalResult, asked: JsonObject): string {
  const { security } = session;
  const { name, meaning } = codeWords(answer.code, answer.request.path, answer.ok);
  const granted = grantedLifetime(answer);
  return [
    `${answer.code} ${name}: ${meaning}`,
    answer.diagnostic === undefined ? '' : `The server says: ${oneLine(answer.diagnostic)}`,
    ...(answer.notes ?? []),
    maxAgeWords(answer) ?? '',
    granted !== undefined ? `Granted lifetime: ${grantedLifetimeWords(granted, lifetimeOf(asked))}` : '',
    isWithoutLifetime(answer, asked)
      ? 'The answer has no lifetime, which a DOTS server always returns (RFC 9132 section 4.4.1): check that it is a DOTS server.'
      : '',
    ...conflictSentences(scopesOf(answer.body)).map((sentence) => `Conflict: ${sentence}`),
    `${answer.request.method} ${answer.request.path}, ${answer.request.octets} octets, answered in ${Math.max(1, Math.round(answer.roundTripMs))} ms${kept ? ', over the session that dots session keeps' : ''}`,
    security === undefined ? '' : securityWords(security),
    Object.entries({ ...profileOf(target), ...identifiers(answer, target) })
      .map(([name, value]) => `${name} ${value}`)
      .join(', '),
    ...remarks,
  ]
    .filter((line) => line !== '')
    .map(printable)
    .concat(answer.body === undefined ? [] : safeJson(answer.body, 2))
    .map((line) => `${line}\n`)
    .join('');
}

/** Whether a server accepted a mitigation without stating its lifetime. */
function isWithoutLifetime({ ok, body, broken }: Answer, asked: JsonObject): boolean {
  return ok && broken === undefined && lifetimeOf(asked) !== undefined && lifetimeOf(body) === undefined;
}

const profileOf = ({ profile }: SettledTarget): { profile?: string } => (profile === undefined ? {} : { profile });

/**
 * The identifiers that the path of a request names: cuid, and one of mid, sid, tsid and tmid; some resources have none.
 */
function identifiers({ request }: Answer, { cuid }: SettledTarget): Record<string, string | number> {
  const [, name, id] = /\/(mid|sid|tsid|tmid)=(\d+)$/.exec(request.path) ?? [];
  return { ...(request.path.includes(`/cuid=${cuid}`) && { cuid }), ...(name !== undefined && { [name]: Number(id) }) };
}

function answerJson({ answer, session, target, kept, refreshes, replaced, remarks }: SignalResult): object {
  const { security } = session;
  const { code, ok, body, diagnostic, notes, maxAge, roundTripMs, request, payload } = answer;
  return {
    sent: true,
    code,
    meaning: codeWords(code, request.path, ok).name,
    ok,
    grantedLifetime: grantedLifetime(answer) ?? null,
    body: body ?? null,
    diagnostic: diagnostic ?? null,
    ...(notes && { notes }),
    maxAge: maxAge ?? null,
    roundTripMs: Math.round(roundTripMs * 10) / 10,
    server: target.server,
    ...(security !== undefined && {
      security: { protocol: security.protocol, cipherSuite: security.cipherSuite, peerName: security.peerName },
    }),
    ...(kept && { kept }),
    ...profileOf(target),
    ...identifiers(answer, target),
    ...(target.cuidSource === 'generated' && { newCuid: true }),
    ...(refreshes && { refresh: true }),
    ...(replaced && { replaced: replaced.map(({ mid }) => mid ?? null) }),
    ...(remarks.length > 0 && { remarks }),
    request: {
      method: request.method,
      path: request.path,
      octets: request.octets,
      ...(request.blocks !== undefined && { blocks: request.blocks }),
    },
    answerOctets: payload?.length ?? 0,
  };
}
