import { createHash } from 'node:crypto';
import { plainAnswer, type CoapAnswer } from './answer';
import type { Budget } from './messages/layer';
import { isSuccess, noBytes, type Content, type TokenMessage } from './messages/message';
import {
  blockOf,
  blockOption,
  cutFor,
  fillsBlock,
  option,
  textsOf,
  uintOf,
  valueOf,
  without,
  type Block,
  type Cut,
} from './messages/options';
import { Recent } from './messages/recent';

/** How many transfers of one session are remembered at once, in each direction. */
const transfersPerSession = 2;
/**
 * The largest answer that is remembered for its later blocks, bytes; later blocks of a larger one reflect the current
 * state.
 */
const largestRemembered = 131_072;

/** The largest size of the header and the options of an answer, bytes. */
const optionOctets = 64;

interface Upload {
  parts: Uint8Array[];
  length: number;
  complete: boolean;
}

/** The state of a request's body after one of its blocks: complete, or the interim answer. */
export type Assembled = { payload: Uint8Array; block?: Block } | { answer: CoapAnswer; block?: Block };

/** The server's side of block-wise transfers on one session: RFC 7959. */
export class Blockwise {
  private readonly uploads: Recent<Upload>;
  private readonly downloads: Recent<Content>;

  /**
   * @param lifetime milliseconds a transfer may be idle
   * @param largestBody bytes
   * @param stream whether a message may carry several blocks
   */
  constructor(
    lifetime: number,
    private readonly largestBody: number,
    private readonly now: () => number,
    private readonly stream = false,
  ) {
    this.uploads = new Recent(lifetime, transfersPerSession);
    this.downloads = new Recent(lifetime, 2 * transfersPerSession);
  }

  /** Reassembles the body of a request from its Block1 options. */
  assemble(request: TokenMessage): Assembled {
    const block = blockOf(request.options, 'Block1', this.stream);
    const announced = uintOf(request.options, 'Size1') ?? 0;
    if (typeof block !== 'object') {
      return request.payload.length > this.largestBody ? { answer: this.tooLarge() } : { payload: request.payload };
    }
    return announced > this.largestBody ? { answer: this.tooLarge(), block } : this.append(request, block);
  }

  private append(request: TokenMessage, block: Block): Assembled {
    if (block.more && !fillsBlock(block, request.payload.length))
      return {
        answer: plainAnswer('4.00', 'A block that is not the last must be full (RFC 7959 section 2.2).'),
        block,
      };
    const key = resourceKey(request);
    const upload = block.number === 0 ? { parts: [], length: 0, complete: false } : this.uploads.get(key, this.now());
    if (upload === undefined) return { answer: incomplete(), block };
    if (!isRepeat(upload, block, request.payload)) {
      if (upload.complete || upload.length !== block.number * block.size) return { answer: incomplete(), block };
      upload.parts.push(request.payload);
      upload.length += request.payload.length;
      upload.complete = !block.more;
    }
    if (upload.length > this.largestBody) {
      this.uploads.delete(key);
      return { answer: this.tooLarge(), block };
    }
    this.uploads.set(key, upload, this.now());
    return block.more ? { answer: { code: '2.31' }, block } : { payload: Buffer.concat(upload.parts), block };
  }

  /**
   * The message that answers a request: whole, or the block of it that the client asks for or that fits. An error is
   * never a block of the requested resource: it is sent from its beginning, in blocks of the requested size.
   */
  present(request: TokenMessage, content: Content, budget: Budget): Content {
    const asked = blockOf(request.options, 'Block2', this.stream);
    const wanted = typeof asked === 'object' && !isSuccess(content.code) ? { ...asked, number: 0 } : asked;
    return this.part(request, content, wanted === 'malformed' ? undefined : wanted, budget);
  }

  private part(request: TokenMessage, content: Content, wanted: Block | undefined, budget: Budget): Content {
    const start = (wanted?.number ?? 0) * (wanted?.size ?? 0);
    const cut = cutAs(wanted, budget);
    if (
      start === 0 &&
      content.payload.length <=
        (wanted === undefined ? Math.max(cut.step, budget.maxMessageSize - optionOctets) : cut.step)
    )
      return content;
    if (start === 0) this.remember(request, content);
    return slice(content, start - (start % cut.size), cut);
  }

  /**
   * A later block of an earlier answer; undefined for another request or if the answer is no longer stored. A client
   * should name the version by its ETag (RFC 9132 section 4.4.2); libcoap does not, and gets the latest version that it
   * received.
   */
  continuation(request: TokenMessage, budget: Budget): Content | undefined {
    const wanted = blockOf(request.options, 'Block2', this.stream);
    if (typeof wanted !== 'object' || wanted.number === 0) return undefined;
    const content = this.downloads.get(downloadKey(request, valueOf(request.options, 'ETag')), this.now());
    return content && this.part(request, content, wanted, budget);
  }

  private remember(request: TokenMessage, content: Content): void {
    if (content.payload.length > largestRemembered) return;
    for (const etag of [etagOf(content), undefined])
      this.downloads.set(downloadKey(request, etag), content, this.now());
  }

  private tooLarge(): CoapAnswer {
    return plainAnswer('4.13', `The body is larger than the ${this.largestBody} bytes that this server accepts.`);
  }
}

function incomplete(): CoapAnswer {
  return plainAnswer('4.08', 'A block is missing: start the transfer again (RFC 7959 section 2.9.2).');
}

/** A copy of the last block, which the client sent again because it received no answer. */
function isRepeat(upload: Upload, block: Block, payload: Uint8Array): boolean {
  const last = upload.parts.at(-1);
  return (
    last !== undefined &&
    upload.length - last.length === block.number * block.size &&
    Buffer.compare(last, payload) === 0
  );
}

/** The blocks a client asks for, or smaller ones where its messages must be smaller. */
function cutAs(wanted: Block | undefined, budget: Budget): Cut {
  const fitting = cutFor(budget, optionOctets);
  if (wanted === undefined || wanted.bert === true) return fitting;
  const size = Math.min(wanted.size, fitting.size);
  return { size, step: size };
}

function slice(content: Content, start: number, cut: Cut): Content {
  // Short enough for the smallest block.
  if (start >= content.payload.length) return { code: '4.02', options: [], payload: Buffer.from('Beyond the end.') };
  const more = start + cut.step < content.payload.length;
  const options =
    start === 0 ? [...content.options, option('Size2', content.payload.length)] : without(content.options, 'Observe');
  options.push(option('ETag', etagOf(content)), blockOption('Block2', { ...cut, number: start / cut.size, more }));
  return { ...content, options, payload: content.payload.subarray(start, start + cut.step) };
}

/** The ETag of a representation. */
export function etagOf(content: Pick<Content, 'payload'>): Uint8Array {
  return createHash('sha256').update(content.payload).digest().subarray(0, 8);
}

function resourceKey(request: TokenMessage): string {
  return JSON.stringify([request.code, textsOf(request.options, 'Uri-Path'), textsOf(request.options, 'Uri-Query')]);
}

/** Names one version of a resource, or, without an ETag, the latest one. */
function downloadKey(request: TokenMessage, etag: Uint8Array | undefined): string {
  return `${resourceKey(request)} ${Buffer.from(etag ?? noBytes).toString('hex')}`;
}
