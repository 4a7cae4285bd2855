import { noBytes, type CoapOption, type TokenMessage } from './message';
import { uintBytes } from './options';

/** The signalling messages of a stream: RFC 8323 section 5. Their options have numbers of their own for each of them. */
export const signals = { csm: '7.01', ping: '7.02', pong: '7.03', release: '7.04', abort: '7.05' } as const;

export const isSignal = (code: string): boolean => code.startsWith('7.');

/** What a peer accepts before it has sent its CSM: RFC 8323 section 5.3.1, bytes. */
export const baseMaxMessageSize = 1152;

const maxMessageSizeOption = 2;
const blockWiseOption = 4;
const badCsmOption = 2;

/** What a peer says of itself; what it leaves out stays as it was. */
export interface Capabilities {
  maxMessageSize?: number;
  blockWise?: true;
}

/** A signalling message. */
export function signal(
  code: string,
  { token = '', options = [], text = '' }: { token?: string; options?: CoapOption[]; text?: string } = {},
): TokenMessage {
  return { code, token, options, payload: text === '' ? noBytes : Buffer.from(text, 'utf8') };
}

/** What one says of oneself first: block-wise transfers, of several blocks at once where the size allows. */
export function ourCapabilities(maxMessageSize: number): TokenMessage {
  return signal(signals.csm, {
    options: [
      { number: maxMessageSizeOption, value: uintBytes(maxMessageSize) },
      { number: blockWiseOption, value: noBytes },
    ],
  });
}

/** The farewell of one who cannot go on; `badOption` names the option of a CSM that was the reason. */
export function abortion(text: string, badOption?: number): TokenMessage {
  return signal(signals.abort, {
    text,
    options: badOption === undefined ? [] : [{ number: badCsmOption, value: uintBytes(badOption) }],
  });
}

/** Reads a CSM; or the number of the option in it that cannot be taken. */
export function capabilitiesOf({ options }: TokenMessage): Capabilities | { badOption: number } {
  const found: Capabilities = {};
  for (const { number, value } of options) {
    if (number === maxMessageSizeOption && value.length <= 4)
      found.maxMessageSize = value.reduce((sum, byte) => sum * 256 + byte, 0);
    else if (number === blockWiseOption && value.length === 0) found.blockWise = true;
    else if (number === maxMessageSizeOption || number === blockWiseOption || isCritical(number))
      return { badOption: number };
  }
  return found;
}

/** The critical option of a signalling message other than a CSM, none of which has one that is known; undefined where there is none. */
export function criticalOption({ options }: TokenMessage): number | undefined {
  return options.find(({ number }) => isCritical(number))?.number;
}

function isCritical(number: number): boolean {
  return number % 2 === 1;
}
