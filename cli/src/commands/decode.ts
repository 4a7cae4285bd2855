import { CborError, decodeDocument, decodeLeniently, fileLimits, leftOutWords } from '#dots/cbor/codec';
import { DotsError } from '#dots/model/errors';
import type { JsonObject } from '#dots/model/json';
import { safeJson } from '#dots/model/text';
import { UsageError, type Command, type ExitStatus, type Arguments } from '../command';
import { readInput } from '../files';
import { fromHex, hexOption } from '../hex';
import type { Io } from '../io';

/** `dots decode`: the JSON document of a CBOR body. */
export const decode: Command = {
  name: 'decode',
  summary: 'Read CBOR (application/dots+cbor) and print the JSON document.',
  usage: '[FILE|-] [--hex STRING] [--lenient]',
  options: [
    { name: 'hex', value: 'STRING', description: 'The CBOR as hex digits; spaces between them are ignored.' },
    {
      name: 'lenient',
      description:
        'Read it as dots send reads an answer: what does not follow the RFC is left out and named on standard error.',
    },
    { name: 'format', value: 'FORMAT', choices: ['json'], preset: 'json', description: 'The document is always JSON.' },
  ],
  details: [
    'Requests are read as a server reads them: one null, one unknown member or one value of another type makes the document invalid. Exit status 1: the document is not readable; with --lenient, no part of it is.',
    'A file, or standard input, contains the bytes themselves or hex digits as text. Without FILE and --hex, standard input is read.',
  ],
  examples: [
    'dots decode body.cbor',
    'dots decode --hex a11831a11833f5',
    'dots decode --lenient answer.cbor',
    'dots encode request.dots.json | dots decode',
  ],
  run: runDecode,
};

async function runDecode(given: Arguments, io: Io): Promise<ExitStatus> {
  const [path, ...more] = given.paths;
  const hex = given.option('hex');
  if (more.length > 0 || (path !== undefined && hex !== undefined))
    throw new UsageError('Specify one file or --hex, not both.', 'See dots decode --help.');
  const bytes = hex === undefined ? ofInput(await readInput(path ?? '-', io)) : hexOption('hex', hex, 'a11831a11833f5');
  const document = given.option('lenient') === undefined ? strict(bytes) : lenient(bytes, io);
  await io.out(`${safeJson(document, 2)}\n`);
  return 0;
}

/** Throws a DotsError, whose hint names --lenient if that reads something. */
function strict(bytes: Uint8Array): JsonObject {
  try {
    return decodeDocument(bytes, fileLimits);
  } catch (error) {
    if (!(error instanceof CborError) || !isReadableInPart(bytes)) throw error;
    const { code, message, hint } = error;
    const more = '--lenient leaves out what does not follow the RFC, and reads the rest.';
    throw new DotsError('malformed', code, message, hint === undefined ? more : `${hint} ${more}`, { cause: error });
  }
}

function isReadableInPart(bytes: Uint8Array): boolean {
  try {
    return Object.keys(decodeLeniently(bytes, fileLimits).document).length > 0;
  } catch {
    return false;
  }
}

/** The readable part of a document; reports what was left out. Throws CborError if nothing could be read. */
function lenient(bytes: Uint8Array, io: Io): JsonObject {
  const { document, leftOut, broken } = decodeLeniently(bytes, fileLimits);
  for (const words of leftOutWords(leftOut)) io.say(`dots decode: ${words}`);
  if (broken !== undefined) io.say(`dots decode: Read in part: ${broken.message}`);
  return document;
}

/**
 * A DOTS message is a CBOR map, whose first byte is not an ASCII character: so text can be distinguished from bytes.
 */
function ofInput({ file, bytes }: { file: string; bytes: Uint8Array }): Uint8Array {
  if (
    bytes.length === 0 ||
    bytes.some((byte) => byte > 0x7e || (byte < 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09))
  )
    return bytes;
  const digits = fromHex(Buffer.from(bytes).toString('latin1'));
  if (digits !== undefined) return digits;
  const name = file === '-' ? 'Standard input' : file;
  throw new DotsError(
    'malformed',
    'cli/no-cbor',
    `${name} contains neither CBOR nor an even number of hexadecimal digits.`,
    'To encode a JSON document as CBOR, use dots encode.',
  );
}
