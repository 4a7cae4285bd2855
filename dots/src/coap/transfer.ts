import { DotsError } from '#dots/model/errors';
import { isSuccess, noBytes, type CoapOption, type Content, type Message } from './message';
import { blockOf, blockOption, blockSizeFor, option, optionNumbers, valueOf, without } from './options';

/** Sends one message and waits for its answer. */
export type Ask = (content: Content) => Promise<Message>;

/** The largest answer that is put together from blocks, bytes. */
const largestAnswer = 1 << 20;

/** The bytes a message spends besides its payload: header, token, payload marker, options with their longest headers. */
function overheadOf(options: CoapOption[]): number {
  return 4 + 8 + 1 + 9 + options.reduce((sum, { value }) => sum + value.length + 5, 0);
}

/**
 * Sends a request whose body may need several blocks: RFC 7959 section 2.5, as the sender.
 * A refusal of any block is the answer to the whole.
 */
export async function sendWhole(ask: Ask, content: Content, maxMessageSize: number): Promise<Message> {
  const { payload } = content;
  if (payload.length + overheadOf(content.options) <= maxMessageSize) return ask(content);
  let size = blockSizeFor(maxMessageSize, overheadOf(content.options));
  for (let sent = 0; ;) {
    const more = sent + size < payload.length;
    const options = [...content.options, blockOption('Block1', { number: sent / size, more, size })];
    if (sent === 0) options.push(option('Size1', payload.length));
    const answer = await ask({ ...content, options, payload: payload.subarray(sent, sent + size) });
    if (!more || answer.code !== '2.31') return answer;
    sent += size;
    const wanted = blockOf(answer.options, 'Block1');
    if (typeof wanted === 'object' && wanted.size < size) size = wanted.size;
  }
}

/** Gets the blocks that follow the first one of an answer: RFC 7959 section 2.4. */
export async function receiveWhole(ask: Ask, request: Content, first: Message): Promise<Message> {
  let block = blockOf(first.options, 'Block2');
  if (typeof block !== 'object' || !block.more || block.number !== 0) return first;
  const parts = [first.payload];
  for (let length = first.payload.length; block.more;) {
    const answer = await ask(nextBlock(request, first, length / block.size, block.size));
    block = continued(answer, first, length);
    parts.push(answer.payload);
    length += answer.payload.length;
  }
  return { ...first, options: without(first.options, 'Block2', 'Size2'), payload: Buffer.concat(parts) };
}

function nextBlock(request: Content, first: Message, number: number, size: number): Content {
  const etag = valueOf(first.options, 'ETag');
  const options = without(request.options, 'Observe', 'Block1', 'Size1', 'Content-Format', 'If-Match');
  options.push(blockOption('Block2', { number, more: false, size }));
  if (etag !== undefined) options.push({ number: optionNumbers.ETag, value: etag });
  return { code: request.code, options, payload: noBytes };
}

function continued(answer: Message, first: Message, length: number): { number: number; more: boolean; size: number } {
  const block = blockOf(answer.options, 'Block2');
  const fits = isSuccess(answer.code) && typeof block === 'object' && block.number * block.size === length && !isOtherVersion(first, answer)
    && length + answer.payload.length <= largestAnswer && (!block.more || answer.payload.length === block.size);
  if (fits) return block;
  throw new DotsError('unreachable', 'coap/blocks', 'The answer came in blocks that do not fit together.', 'Ask again: the resource may have changed in between.');
}

/** libcoap names the version in the first block only. */
function isOtherVersion(first: Message, answer: Message): boolean {
  const [one, other] = [valueOf(first.options, 'ETag'), valueOf(answer.options, 'ETag')];
  return one !== undefined && other !== undefined && Buffer.compare(one, other) !== 0;
}
