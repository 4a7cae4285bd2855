import { DotsError } from '#dots/model/errors';
import { isObject, type JsonObject } from '#dots/model/json';
import { validationService as service } from '#service/validationService';
import type { LocatedFinding, ParsedDocument } from '#service/service';
import { UsageError } from './command';
import { filesOf, readInput } from './files';
import { findingLines } from './findings';
import type { Io } from './io';

/** A document that was read for an action, with a certain value. */
export interface ReadDocument {
  file: string;
  bytes: Uint8Array;
  parsed: ParsedDocument;
  value: JsonObject;
}

/**
 * Reads the one document of an action. Faults of its JSON are reported, and then there is no document; a file that
 * cannot be read, or is not UTF-8, throws UsageError.
 */
export async function readDocument(path: string, io: Io): Promise<ReadDocument | undefined> {
  const [file = path, ...more] = await filesOf(path);
  if (more.length > 0) throw new UsageError(`${path} names ${more.length + 1} files; name one.`);
  const { bytes } = await readInput(file, io);
  const parsed = service.parse(bytes, file);
  const encoding = parsed.problems.find(({ code }) => code === 'json/encoding');
  if (encoding !== undefined) throw new UsageError(`${file} cannot be read: ${encoding.message}`);
  const findings = service.validate(parsed).findings.filter((finding) => finding.class === 'json');
  reportFindings(file, findings, io);
  const blocked = findings.some(({ severity }) => severity === 'error') || !isObject(parsed.value);
  return blocked ? undefined : { file, bytes, parsed, value: parsed.value as JsonObject };
}

/** The failure of a command that has no other result where the JSON of a document has errors, which were reported. */
export const invalidJson = (): DotsError =>
  new DotsError(
    'malformed',
    'cli/invalid-json',
    'A document is not a valid JSON object.',
    'Correct the errors that were reported.',
  );

/** Reports findings on standard error. */
export function reportFindings(file: string, findings: readonly LocatedFinding[], io: Io): void {
  io.found?.(file, findings);
  for (const finding of findings) io.say(...findingLines(file, finding));
}
