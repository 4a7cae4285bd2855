import { DotsError, type FailureKind } from '#dots/model/errors';

/** Where a CBOR error is, and what to do about it. */
export interface CborErrorDetails {
  /** Octets before the item at fault; for failures of decoding. */
  offset?: number;
  /** JSON pointer (RFC 6901) to the value at fault, in the document that is decoded or encoded. */
  pointer?: string;
  hint?: string;
  /** `malformed` unless the caller asked for something impossible. */
  kind?: FailureKind;
  cause?: unknown;
}

/** Bytes that are not a DOTS document, or a document without a CBOR form: the only error that this folder throws. */
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
