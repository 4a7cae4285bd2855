import { DotsError, type FailureKind } from '#dots/model/errors';

/** Where a CBOR failure lies, and what to do about it. */
export interface CborErrorDetails {
  /** Octets before the item at fault; for failures of decoding. */
  offset?: number;
  /** JSON pointer (RFC 6901) to the value at fault, in the document that is read or would be written. */
  pointer?: string;
  hint?: string;
  /** `malformed` unless the caller asked for something that cannot be. */
  kind?: FailureKind;
  cause?: unknown;
}

/** Bytes that are no DOTS document, or a document that has no CBOR form: the only error that leaves this room. */
export class CborError extends DotsError {
  readonly offset: number | undefined;
  readonly pointer: string | undefined;

  constructor(code: `cbor/${string}`, message: string, details: CborErrorDetails = {}) {
    super(details.kind ?? 'malformed', code, message, details.hint, { cause: details.cause });
    this.name = 'CborError';
    this.offset = details.offset;
    this.pointer = details.pointer;
  }
}
