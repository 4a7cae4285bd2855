import { DotsError } from '#dots/model/errors';
import { encodeMessage } from './messages/codec';
import type { Budget } from './messages/layer';
import {
  isSuccess,
  isSuccessOf,
  methodOf,
  noBytes,
  type CoapOption,
  type Content,
  type TokenMessage,
} from './messages/message';
import {
  blockOf,
  blockOption,
  cutFor,
  fillsBlock,
  option,
  optionNumbers,
  uintOf,
  valueOf,
  without,
  type Block,
  type Cut,
} from './messages/options';

/** Sends one message and waits for its answer. */
export type Ask = (content: Content) => Promise<TokenMessage>;

/** The largest answer that is reassembled from blocks, bytes. */
const largestAnswer = 1 << 20;

/**
 * The bytes of a message with a block besides its payload, at most: header, token, payload marker, block options, and
 * the other options with their longest headers.
 */
function overheadOf(options: CoapOption[]): number {
  return 4 + 8 + 1 + 9 + options.reduce((sum, { value }) => sum + value.length + 5, 0);
}

/** The longest token, in hex digits: RFC 7252 section 3. */
const longestToken = '00'.repeat(8);
/** The header of a frame may be longer than that of a datagram by so many bytes: RFC 8323 section 3.2. */
const frameHeader = 2;

/** The bytes of a message without blocks, at most. */
export function sizeOf(content: Content): number {
  return encodeMessage({ ...content, type: 'CON', messageId: 0, token: longestToken }).length + frameHeader;
}

/** Whether a message needs no blocks. */
export function fitsInOne(content: Content, { maxMessageSize }: Budget): boolean {
  return sizeOf(content) <= maxMessageSize;
}

/** The answer to a request, and the number of messages with parts of its body. */
export interface Sent {
  answer: TokenMessage;
  blocks: number;
  /** The largest part of the body in one message of the last attempt, bytes. */
  step: number;
}

/**
 * Sends a request whose body may need several blocks: RFC 7959 section 2.5, as the sender. If the server's refusal
 * (4.13) names a smaller size, the request is sent again in blocks of that size (section 2.9.3).
 * Throws a DotsError of code `coap/needs-blocks` for a body that is too large for one message and must not be cut.
 * @param mayCut whether the body may be sent in blocks
 */
export async function sendWhole(ask: Ask, content: Content, budget: Budget, mayCut = true): Promise<Sent> {
  const fits = fitsInOne(content, budget);
  if (!fits && !mayCut) throw needsBlocks(content, budget);
  let sent = fits
    ? { answer: await ask(content), blocks: 1, step: content.payload.length }
    : await sendBlocks(ask, content, cutFor(budget, overheadOf(content.options)), budget.bert);
  for (;;) {
    const size = mayCut ? smallerBlock(sent, content.payload.length, budget.bert) : undefined;
    if (size === undefined) return sent;
    sent = await sendBlocks(ask, content, { size, step: size }, budget.bert);
  }
}

/** The smaller size of blocks that a refusal names for a body which the server would accept. */
function smallerBlock({ answer, step }: Sent, length: number, bert: boolean): number | undefined {
  const named = blockOf(answer.options, 'Block1', bert);
  if (answer.code !== '4.13' || typeof named !== 'object' || named.bert === true || named.size >= step)
    return undefined;
  return (uintOf(answer.options, 'Size1') ?? length) < length ? undefined : named.size;
}

/**
 * A refusal of any block is the answer to the whole; a server that acts on each block by itself answers each with
 * success (RFC 7959 section 2.3).
 */
async function sendBlocks(ask: Ask, content: Content, cut: Cut, bert: boolean): Promise<Sent> {
  const { payload } = content;
  const method = methodOf(content.code);
  for (let [sent, blocks] = [0, 1]; ; blocks += 1) {
    const more = sent + cut.step < payload.length;
    const options = [...content.options, blockOption('Block1', { ...cut, number: sent / cut.size, more })];
    if (sent === 0) options.push(option('Size1', payload.length));
    const answer = await ask({ ...content, options, payload: payload.subarray(sent, sent + cut.step) });
    const goesOn = answer.code === '2.31' || (method !== undefined && isSuccessOf(method, answer.code));
    if (!more || !goesOn) return { answer, blocks, step: cut.step };
    const wanted = blockOf(answer.options, 'Block1', bert);
    if (answer.code !== '2.31' && !(typeof wanted === 'object' && wanted.number === sent / cut.size)) throw cutShort();
    sent += cut.step;
    if (typeof wanted === 'object' && wanted.bert === undefined && wanted.size < cut.step)
      cut = { size: wanted.size, step: wanted.size };
  }
}

/**
 * Gets the blocks that follow the first one of an answer: RFC 7959 section 2.4; `ordered`: over a stream, where they
 * may come several at once. Where the server answers a later block with another error, the answer has the blocks before
 * it: its code and what it says so far are worth more than a repetition.
 */
export async function receiveWhole(
  ask: Ask,
  request: Content,
  first: TokenMessage,
  ordered: boolean,
): Promise<TokenMessage> {
  let block = blockOf(first.options, 'Block2', ordered);
  if (typeof block !== 'object' || !block.more || block.number !== 0) return first;
  if (!fillsBlock(block, first.payload.length)) throw misfit();
  const parts = [first.payload];
  const whole = (): TokenMessage => ({
    ...first,
    options: without(first.options, 'Block2', 'Size2'),
    payload: Buffer.concat(parts),
  });
  for (let length = first.payload.length; block.more;) {
    const answer = await ask(nextBlock(request, first, length / block.size, block.size));
    if (!isSuccess(answer.code) && answer.code !== first.code) return { ...whole(), interrupted: answer.code };
    block = continued(request, answer, first, length, ordered);
    parts.push(answer.payload);
    length += answer.payload.length;
  }
  return whole();
}

/**
 * Asks for one block, never for several: libcoap 4.3 truncates the last of several to 1024 bytes and marks it as the
 * last block.
 */
function nextBlock(request: Content, first: TokenMessage, number: number, size: number): Content {
  const etag = valueOf(first.options, 'ETag');
  const options = without(request.options, 'Observe', 'Block1', 'Block2', 'Size1', 'Content-Format', 'If-Match');
  options.push(blockOption('Block2', { number, more: false, size }));
  if (etag !== undefined) options.push({ number: optionNumbers.ETag, value: etag });
  return { code: request.code, options, payload: noBytes };
}

function continued(
  request: Content,
  answer: TokenMessage,
  first: TokenMessage,
  length: number,
  ordered: boolean,
): Block {
  const block = blockOf(answer.options, 'Block2', ordered);
  const method = methodOf(request.code);
  // An error that is too large for one message comes in blocks too, each of them with its code.
  const fits =
    (answer.code === first.code || (method !== undefined && isSuccessOf(method, answer.code))) &&
    typeof block === 'object' &&
    block.number * block.size === length &&
    !isOtherVersion(first, answer) &&
    length + answer.payload.length <= largestAnswer &&
    (!block.more || fillsBlock(block, answer.payload.length));
  if (fits) return block;
  throw misfit();
}

function needsBlocks(content: Content, { maxMessageSize }: Budget): DotsError {
  return new DotsError(
    'usage',
    'coap/needs-blocks',
    `The request has ${content.payload.length} octets of body, about ${sizeOf(content)} with its CoAP header and options; one datagram takes ${maxMessageSize} at most.`,
    'Send less in one request.',
  );
}

function cutShort(): DotsError {
  return new DotsError(
    'unreachable',
    'coap/blocks',
    'The server treated the first block as the whole request.',
    'Check what the server stored, and send smaller requests.',
  );
}

function misfit(): DotsError {
  return new DotsError(
    'unreachable',
    'coap/blocks',
    'The blocks of the answer do not match each other.',
    'Repeat the request: the resource may have changed in between.',
  );
}

/** libcoap names the version in the first block only. */
function isOtherVersion(first: TokenMessage, answer: TokenMessage): boolean {
  const [one, other] = [valueOf(first.options, 'ETag'), valueOf(answer.options, 'ETag')];
  return one !== undefined && other !== undefined && Buffer.compare(one, other) !== 0;
}
