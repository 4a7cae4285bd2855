/** Why an action failed; each class of failure has its own exit status in `dots`. */
export type FailureKind =
  /** wrong usage, or a file that cannot be read: exit 2 */
  | 'usage'
  /** no answer, no connection, not authenticated: exit 3 */
  | 'unreachable'
  /** the input cannot be processed (malformed CBOR, NLRI, ...): exit 1 */
  | 'malformed';

/** The base of every error that leaves a module: what happened, where, and what to do next. */
export class DotsError extends Error {
  constructor(
    readonly kind: FailureKind,
    /** Stable, e.g. `transport/port-in-use`. */
    readonly code: string,
    message: string,
    /** What the user can do about it: one sentence. */
    readonly hint?: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'DotsError';
  }
}

/** One line for a person: the message, then the hint. Never a stack. */
export function describeError(error: unknown): string {
  if (error instanceof DotsError) return error.hint === undefined ? error.message : `${error.message} ${error.hint}`;
  return error instanceof Error ? error.message : String(error);
}
