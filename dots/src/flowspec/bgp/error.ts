import { DotsError } from '#dots/model/errors';

/** Octets that are not a Flowspec NLRI or action, or a rule that cannot be encoded as one. */
export class FlowspecError extends DotsError {
  constructor(
    code: string,
    message: string,
    /** The octet at fault, counted from 0 in the octets to decode; undefined when encoding. */
    readonly octet?: number,
    hint?: string,
  ) {
    super('malformed', code, octet === undefined ? message : `Octet ${octet}: ${message}`, hint);
    this.name = 'FlowspecError';
  }
}
