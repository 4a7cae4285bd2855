import { DotsError } from '#dots/model/errors';
import type { JsonObject } from '#dots/model/json';

/** The error tags that a DOTS server uses: RFC 8040 section 7. */
export type ErrorTag =
  | 'missing-attribute'
  | 'invalid-value'
  | 'unknown-element'
  | 'malformed-message'
  | 'resource-denied'
  | 'access-denied'
  | 'operation-not-supported'
  | 'operation-failed'
  | 'too-big';

/** One entry of an error document: RFC 8040 section 7.1. */
export interface RestconfFault {
  tag: ErrorTag;
  message: string;
  /** The instance identifier of the faulty node. */
  path?: string;
}

/** A request that the server refuses, with the status and the body of the answer. */
export class RestconfError extends DotsError {
  constructor(
    readonly status: number,
    readonly faults: readonly RestconfFault[],
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super('malformed', 'orchestrator/refused', faults[0]?.message ?? `Status ${status}.`);
    this.name = 'RestconfError';
  }

  /** The `ietf-restconf:errors` document. */
  get body(): JsonObject {
    const type = this.status >= 400 && this.faults[0]?.tag === 'malformed-message' ? 'rpc' : 'application';
    const error = this.faults.map(({ tag, message, path }): JsonObject => ({
      'error-type': type,
      'error-tag': tag,
      ...(path === undefined ? {} : { 'error-path': path }),
      'error-message': message,
    }));
    return { 'ietf-restconf:errors': { error } };
  }
}

/** A refusal with one fault. */
export function fail(status: number, tag: ErrorTag, message: string, path?: string): RestconfError {
  return new RestconfError(status, [path === undefined ? { tag, message } : { tag, message, path }]);
}
