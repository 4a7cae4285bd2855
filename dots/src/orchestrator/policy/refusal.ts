/** A check that a request fails before it is answered. */
export type CheckName = 'own-prefixes' | 'too-wide' | 'control-ports' | 'baseline' | 'budget' | 'router';

/** Why a request is refused. */
export interface Refusal {
  check: CheckName;
  /** One sentence or two: what is wrong, and what to do. */
  text: string;
}

/** How a refusal is answered: on the signal channel a CoAP code, on the data channel an HTTP status. */
export interface RefusalAnswer {
  code: '4.00' | '5.03';
  status: 400 | 503;
  /** On the data channel the error-tag of RESTCONF (RFC 8040 section 7). */
  errorTag: 'invalid-value' | 'resource-denied';
  /** Max-Age and Retry-After, seconds: after that long the same request may succeed. Absent: it stays refused. */
  retryAfter?: number;
}

/** Checks whose result may change while the request stays the same. */
const temporary: ReadonlySet<CheckName> = new Set(['budget', 'baseline']);

/** Seconds after which a client may ask again. */
const retryAfter = 60;

/** How a refusal is answered: what stays refused with 4.00 and 400, what may change with 5.03 and 503. */
export function answerTo({ check }: Refusal): RefusalAnswer {
  return temporary.has(check)
    ? { code: '5.03', status: 503, errorTag: 'resource-denied', retryAfter }
    : { code: '4.00', status: 400, errorTag: 'invalid-value' };
}
