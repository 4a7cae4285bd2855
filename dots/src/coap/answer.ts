import { noBytes, type CoapOption, type Content } from './messages/message';
import { option } from './messages/options';

/** A server's answer to a request. */
export interface CoapAnswer {
  code: string;
  payload?: Uint8Array;
  contentFormat?: number;
  /** Seconds: RFC 7252 section 5.10.5. */
  maxAge?: number | undefined;
  /** The sequence number of a notification: RFC 7641. */
  observe?: number;
}

/** An answer without a body, or with one line of diagnostic text (RFC 7252 section 5.5.2). */
export function plainAnswer(code: string, diagnostic?: string): CoapAnswer {
  return diagnostic === undefined ? { code } : { code, payload: Buffer.from(diagnostic, 'utf8') };
}

/** The message an answer makes. */
export function answerContent(answer: CoapAnswer): Content {
  const options: CoapOption[] = [];
  if (answer.observe !== undefined) options.push(option('Observe', answer.observe));
  if (answer.contentFormat !== undefined) options.push(option('Content-Format', answer.contentFormat));
  if (answer.maxAge !== undefined) options.push(option('Max-Age', answer.maxAge));
  return { code: answer.code, options, payload: answer.payload ?? noBytes };
}
