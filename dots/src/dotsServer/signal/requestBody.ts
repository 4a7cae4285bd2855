import { CborError, decodeDocument } from '#dots/cbor/codec';
import { check } from '#dots/check/check';
import { documentType, type DocumentKind } from '#dots/model/documents';
import { rfcLabel, type Fault } from '#dots/model/finding';
import { isObject, type JsonObject } from '#dots/model/json';
import { oneLine } from '#dots/model/text';
import { refuse } from './refusal';

/** Leaves space for the rest of the answer in one datagram, characters. */
const longestDiagnostic = 800;

/** The sections that forbid a malformed body, by kind. */
const sections: Partial<Record<DocumentKind, string>> = {
  'mitigation-scope': '9132 4.4.1.3',
  'signal-config': '9132 4.5.2',
  heartbeat: '9132 4.7',
  'telemetry-setup': '9244 7',
  telemetry: '9244 8',
};

/**
 * Reads the body of a PUT and checks it as the editor does.
 * Returns the content of its top-level member; throws a Refusal (4.00) that names the fault.
 */
export function readBody(payload: Uint8Array, kind: DocumentKind): JsonObject {
  const document = decoded(payload, kind);
  const { type, faults } = check(document, { direction: 'request' });
  if (type?.kind !== kind)
    throw refuse(
      '4.00',
      `The body is a ${type?.title ?? 'document of unknown kind'}, not a ${documentType(kind).title}.`,
      section(kind),
    );
  const errors = faults.filter(({ severity }) => severity === 'error');
  if (errors.length > 0) throw refuse('4.00', describe(errors), errors[0]?.rfc ?? section(kind));
  const body = document[type.topMember];
  return isObject(body) ? body : {};
}

function decoded(payload: Uint8Array, kind: DocumentKind): JsonObject {
  try {
    return decodeDocument(payload);
  } catch (error) {
    if (!(error instanceof CborError)) throw error;
    throw refuse('4.00', oneLine(error.message, longestDiagnostic), section(kind));
  }
}

function describe([first, ...others]: Fault[]): string {
  if (first === undefined) return '';
  const more =
    others.length === 0
      ? ''
      : ` And ${others.length} more: ${[...new Set(others.map(({ code, rfc }) => `${code}, ${rfcLabel(rfc)}`))].slice(0, 3).join('; ')}.`;
  return oneLine(`${first.code} at ${first.pointer}: ${first.message}${more}`, longestDiagnostic);
}

function section(kind: DocumentKind): string {
  return sections[kind] ?? documentType(kind).rfc;
}
