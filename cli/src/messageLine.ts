import { isRequest, methodCodes, type Message } from '#dots/coap/messages/message';
import { textsOf } from '#dots/coap/messages/options';
import { pathText } from '#dots/coap/request';
import type { WatchedMessage } from '#dots/coap/watchedChannel';
import { codeWords } from '#dots/words/codes';

const methods = new Map(Object.entries(methodCodes).map(([method, code]) => [code, method]));

/**
 * One message in a line: time (UTC), direction, peer, type, code, message ID, token, octets, and the path of a request.
 * @param now milliseconds since 1970
 */
export function messageLine({ way, peer, message, octets }: WatchedMessage, now: number): string {
  const time = new Date(now).toISOString().slice(11, 23);
  const head = `${time} ${way === 'sent' ? 'to' : 'from'} ${peer}:`;
  if ('malformed' in message) return `${head} malformed: ${message.malformed}, ${octets} octets`;
  const { code, token, options } = message;
  const { type, messageId } = message as Partial<Message>;
  const facts = [
    [type, codeName(code)].filter((word) => word !== undefined).join(' '),
    ...(messageId === undefined ? [] : [`message ID ${messageId}`]),
    ...(token === '' ? [] : [`token ${token}`]),
    `${octets} octets`,
    ...(isRequest(code) ? [pathText(textsOf(options, 'Uri-Path'))] : []),
  ];
  return `${head} ${facts.join(', ')}`;
}

function codeName(code: string): string {
  if (code === '0.00') return 'empty';
  return methods.get(code) ?? (code.startsWith('7.') ? code : `${code} ${codeWords(code).name}`);
}
