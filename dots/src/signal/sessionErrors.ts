import { DotsError } from '#dots/model/errors';

/** What a server did instead of answering, by the code of the message layer. */
export const failures: Readonly<Record<string, (asked: string, seconds: number) => string>> = {
  'coap/no-answer': (asked, seconds) => `did not answer ${asked} within ${seconds} s`,
  'coap/only-continue': (asked, seconds) =>
    `asked for more blocks (2.31) of ${asked}, which has none, and sent no other answer within ${seconds} s`,
  'coap/no-acknowledgement': (asked) => `acknowledged none of the copies of ${asked}`,
  'coap/reset': (asked) => `rejected ${asked} with a CoAP reset`,
};

/** Throws a DotsError of kind `usage` for a cuid of another length than RFC 9132 section 4.4.1.1 allows. */
export function checkCuid(cuid: string): void {
  const octets = Buffer.byteLength(cuid);
  if (octets > 0 && octets <= 250) return;
  throw new DotsError(
    'usage',
    'signal/cuid',
    `A cuid has 1 to 250 bytes; this one has ${octets} (RFC 9132 section 4.4.1.1).`,
    'Use one of 22 characters.',
  );
}

/** A request that is larger than a datagram, with what to do. */
export function needsBlocks(cause: DotsError): DotsError {
  return new DotsError(
    'usage',
    'signal/needs-blocks',
    `${cause.message} RFC 9132 section 7.3 requires that a larger mitigation request is split.`,
    'Split the targets over several requests, each with its own mid, or define an alias in peacetime and name it.',
    { cause },
  );
}

/** The same identifier. Throws a DotsError of kind `usage` for one that is out of range. */
export function checkedId(id: number): number {
  if (Number.isInteger(id) && id >= 0 && id <= 0xffff_ffff) return id;
  throw new DotsError(
    'usage',
    'signal/mid',
    `${id} is not a mid: it must be an integer from 0 to 4294967295 (RFC 9132 section 4.4.1.1).`,
    'Omit it to get the next one.',
  );
}
