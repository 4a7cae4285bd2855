/** Confirmable, non-confirmable, acknowledgement, reset: RFC 7252 section 4. */
export type MessageType = 'CON' | 'NON' | 'ACK' | 'RST';

/**
 * How a request is sent over datagrams: confirmable, or non-confirmable, either repeated until it is answered (RFC 9132
 * section 4.4) or sent once.
 */
export type Delivery = 'confirmed' | 'repeated' | 'once';

/** One option of a message. */
export interface CoapOption {
  number: number;
  value: Uint8Array;
}

/** The content of a message, without its delivery. */
export interface Content {
  /** `0.01` to `0.31` for a request, `2.00` to `5.31` for a response, `0.00` for an empty message. */
  code: string;
  options: CoapOption[];
  payload: Uint8Array;
  /** Of a response in blocks: the error that the peer answered instead of a later block; the payload ends before it. */
  interrupted?: string | undefined;
}

/** A message as both transports carry it: RFC 8323 section 3.1. */
export interface TokenMessage extends Content {
  /** 0 to 8 bytes in hexadecimal. */
  token: string;
}

/** One CoAP message in a datagram: RFC 7252 section 3. */
export interface Message extends TokenMessage {
  type: MessageType;
  messageId: number;
}

/** Bytes that are not a CoAP message, and why. */
export interface Malformed {
  malformed: string;
}

export const emptyCode = '0.00';
export const noBytes = new Uint8Array(0);

/** The methods that have a code in RFC 7252. */
export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';

export const methodCodes: Record<Method, string> = { GET: '0.01', POST: '0.02', PUT: '0.03', DELETE: '0.04' };

/** The method that a code encodes, or undefined for one that RFC 7252 does not have. */
export function methodOf(code: string): Method | undefined {
  return (Object.keys(methodCodes) as Method[]).find((method) => methodCodes[method] === code);
}

export const isRequest = (code: string): boolean => code.startsWith('0.') && code !== emptyCode;
/** 3.xx is not assigned, but is a response: RFC 7252 section 12.1. */
export const isResponse = (code: string): boolean => /^[2-5]\./.test(code);
/**
 * The success codes of each method: RFC 7252 sections 5.8.1 to 5.8.4. 2.03 answers a GET with an ETag, which no whole
 * request here has.
 */
const successes: Readonly<Record<Method, readonly string[]>> = {
  GET: ['2.05'],
  POST: ['2.01', '2.02', '2.04'],
  PUT: ['2.01', '2.04'],
  DELETE: ['2.02'],
};

/** Whether a response code means success for this method. */
export const isSuccessOf = (method: Method, code: string): boolean => successes[method].includes(code);
export const isSuccess = (code: string): boolean => code.startsWith('2.');
