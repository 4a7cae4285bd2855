import { decodeDocument, fileLimits } from '#dots/cbor/codec';
import { DotsError } from '#dots/model/errors';
import { safeJson } from '#dots/model/text';
import { UsageError, type Command, type ExitStatus, type Arguments } from '../command';
import { readInput } from '../files';
import { fromHex, hexOption } from '../hex';
import type { Io } from '../io';

/** `dots decode`: the JSON document of a CBOR body. */
export const decode: Command = {
  name: 'decode',
  summary: 'Read CBOR (application/dots+cbor) and print the JSON document.',
  usage: '[FILE|-] [--hex STRING]',
  options: [
    { name: 'hex', value: 'STRING', description: 'The CBOR as hex digits; spaces between them are ignored.' },
    { name: 'format', value: 'FORMAT', choices: ['json'], preset: 'json', description: 'The document is always JSON.' },
  ],
  details: [
    'A file, or standard input, contains the bytes themselves or hex digits as text. Without FILE and --hex, standard input is read.',
  ],
  examples: [
    'dots decode body.cbor',
    'dots decode --hex a11831a11833f5',
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
  await io.out(`${safeJson(decodeDocument(bytes, fileLimits), 2)}\n`);
  return 0;
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
