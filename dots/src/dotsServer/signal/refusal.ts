import { encodeDocument } from '#dots/cbor/codec';
import { plainAnswer, type CoapAnswer } from '#dots/coap/answer';
import { dotsCbor } from '#dots/coap/messages/options';
import { DotsError } from '#dots/model/errors';
import { rfcLabel } from '#dots/model/finding';
import type { JsonObject } from '#dots/model/json';
import type { Objection } from '../state/mitigator';

/** A request that the server refuses, with its answer. */
export class Refusal extends DotsError {
  constructor(
    readonly answer: CoapAnswer,
    message: string,
  ) {
    super('malformed', 'orchestrator/refused', message);
    this.name = 'Refusal';
  }
}

/**
 * A refusal with a diagnostic payload (RFC 9132 section 9): one sentence, and the section that requires the refusal.
 * @param maxAge when the client may try again, seconds
 */
export function refuse(code: string, sentence: string, rfc: string, maxAge?: number): Refusal {
  const text = `${sentence.replace(/\.$/, '')} (${rfcLabel(rfc)}).`;
  return new Refusal({ ...plainAnswer(code, text), maxAge }, text);
}

/** A refusal by the mitigator: 4.00, or 5.03 with Max-Age for what may change. */
export function refuseObjection({ code, text, retryAfter }: Objection): Refusal {
  return new Refusal({ ...plainAnswer(code, text), maxAge: retryAfter }, text);
}

/**
 * A refusal whose body is a DOTS document, as for 4.09: RFC 9132 section 9.
 * @param maxAge when the client may try again, seconds
 */
export function refuseWith(code: string, document: JsonObject, sentence: string, maxAge?: number): Refusal {
  return new Refusal({ ...documentAnswer(code, document), maxAge }, sentence);
}

/** An answer whose body is a DOTS document. */
export function documentAnswer(code: string, document: JsonObject): CoapAnswer {
  return { code, payload: encodeDocument(document), contentFormat: dotsCbor };
}
