import { documentTypeOf } from '#dots/model/documents';
import { formOf, isDocumentName, mayHoldDocument, skippedFolders } from '#dots/workspace/fileNames';
import type { ParsedDocument } from '#service/service';
import type { ValidationService } from '#service/validationService';
import { attempt, readStart, realFile, type RealFile } from './files';

/**
 * A plain JSON file is a DOTS document only if its top-level member is named within this many octets from its start.
 */
const startOctets = 64 * 1024;

/** Whether a path may be that of a document. */
export function mayBeDocument(path: string): boolean {
  return mayHoldDocument(path) && !isSkipped(path);
}

/** Whether a path is that of a policy of an orchestrator. */
export function isPolicyFile(path: string): boolean {
  return formOf(path) === 'policy' && !isSkipped(path);
}

const isSkipped = (path: string): boolean => path.split(/[/\\]/).some((name) => skippedFolders.has(name));

/** Whether a file has a name of DOTS, or a top-level member of DOTS within its start. Reads only that start. */
export function looksLikeDocument(path: string, { size }: RealFile): boolean {
  if (isDocumentName(path)) return true;
  const start = attempt(() => readStart(path, Math.min(size, startOctets)));
  return start !== undefined && Buffer.from(start.buffer, start.byteOffset, start.length).includes('"ietf-dots-');
}

/** The octets of a file as a document; undefined if they are not one. */
export function documentIn(service: ValidationService, path: string, octets: Uint8Array): ParsedDocument | undefined {
  const document = service.parse(octets, path);
  return isDocumentName(path) || documentTypeOf(document.value) !== undefined ? document : undefined;
}

/**
 * Whether there is a document at a path, or what has the name of one and cannot be looked at: its name may not be
 * UTF-8.
 */
export function isDocumentFile(service: ValidationService, path: string): boolean {
  const file = mayBeDocument(path) ? attempt(() => realFile(path)) : undefined;
  if (file === undefined) return isDocumentName(path) && mayBeDocument(path);
  if (!looksLikeDocument(path, file)) return false;
  const octets = isDocumentName(path) ? undefined : attempt(() => readStart(path, file.size));
  return isDocumentName(path) || (octets !== undefined && documentIn(service, path, octets) !== undefined);
}
