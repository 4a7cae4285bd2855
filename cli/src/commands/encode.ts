import { encodeDocument, fileLimits } from '#dots/cbor/codec';
import { annotatedDiagnostic, diagnostic } from '#dots/cbor/diagnostic';
import { directionOf } from '#dots/model/direction';
import { documentTypeOf } from '#dots/model/documents';
import { safeJson } from '#dots/model/text';
import { requestPath } from '#dots/signal/resources';
import { UsageError, type Command, type ExitStatus, type Arguments } from '../command';
import { invalidJson, readDocument, type ReadDocument } from '../document';
import type { Io } from '../io';
import { identityOf, midOf } from '../serverTarget';
import { CommandWorkspaces, tellOwn, workspaceOptions } from '../workspace';

/** `dots encode`: the CBOR form of a document. */
export const encode: Command = {
  name: 'encode',
  summary: 'Write a signal channel or telemetry document as CBOR (application/dots+cbor).',
  usage: 'FILE|- [--format hex|diag|bin|json] [--workspace FILE]',
  options: [
    {
      name: 'format',
      value: 'FORMAT',
      choices: ['hex', 'diag', 'bin', 'json'],
      preset: 'hex',
      description:
        'One line of hex digits, diagnostic notation (RFC 8949 section 8), the bytes, or all as JSON, with the Uri-Path if cuid and mid are known.',
    },
    {
      name: 'cuid',
      value: 'C',
      description: 'The client identifier in the Uri-Path (default: from the workspace file or its profile).',
    },
    {
      name: 'mid',
      value: 'N',
      description: 'The mitigation id (or sid, tsid, tmid) in the Uri-Path (default: from the workspace file).',
    },
    ...workspaceOptions,
  ],
  details: [
    'Data channel documents (ACLs, aliases, ...) are sent as JSON and have no CBOR form: exit status 2.',
    'The document is encoded without validation; use dots validate to check it.',
  ],
  examples: [
    'dots encode request.dots.json',
    'dots encode request.dots.json --format diag',
    'dots encode - --format bin < request.json | xxd',
  ],
  run: runEncode,
};

async function runEncode(given: Arguments, io: Io): Promise<ExitStatus> {
  const [path, ...more] = given.paths;
  if (path === undefined || more.length > 0)
    throw new UsageError('Name one file, or - for standard input.', 'See dots encode --help.');
  midOf(given);
  const document = await readDocument(path, io);
  if (document === undefined) throw invalidJson();
  const bytes = encodeDocument(document.value);
  const hex = Buffer.from(bytes).toString('hex');
  switch (given.option('format')) {
    case 'bin':
      await io.out(bytes);
      break;
    case 'diag':
      await io.out(`${annotatedDiagnostic(bytes, fileLimits)}\n`);
      break;
    case 'json':
      await io.out(
        `${safeJson({ version: 1, kind: documentTypeOf(document.value)?.kind ?? null, octets: bytes.length, hex, diagnostic: diagnostic(bytes, fileLimits), path: uriPath(document, given, io) }, 2)}\n`,
      );
      break;
    default:
      await io.out(`${hex}\n`);
  }
  return 0;
}

/** Where the document would be sent, or null if an identifier of its resource is unknown. */
function uriPath({ file, value }: ReadDocument, given: Arguments, io: Io): string | null {
  const workspaces = new CommandWorkspaces(given);
  tellOwn(workspaces, workspaces.of(file), io);
  const { direction } = workspaces.contextOf(file);
  const { cuid, mid } = identityOf(given, workspaces, file);
  return (direction ?? directionOf(value)) === 'status' ? null : (requestPath(value, cuid, mid) ?? null);
}
