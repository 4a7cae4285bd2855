import { noBytes, type CoapOption, type TokenMessage } from './message';
import { uintBytes } from './options';

/** The signaling messages of a stream: RFC 8323 section 5. Option numbers are specific to each of them. */
export const signals = { csm: '7.01', ping: '7.02', pong: '7.03', release: '7.04', abort: '7.05' } as const;

export const isSignal = (code: string): boolean => code.startsWith('7.');

/** What a peer accepts before it has sent its CSM: RFC 8323 section 5.3.1, bytes. */
export const baseMaxMessageSize = 1152;

const maxMessageSizeOption = 2;
const blockWiseOption = 4;
const badCsmOption = 2;

/** The capabilities of a peer; what a CSM omits is unchanged. */
export interface Capabilities {
  maxMessageSize?: number;
  blockWise?: true;
}

/** A signaling message. */
export function signal(
  code: string,
  { token = '', options = [], text = '' }: { token?: string; options?: CoapOption[]; text?: string } = {},
): TokenMessage {
  return { code, token, options, payload: text === '' ? noBytes : Buffer.from(text, 'utf8') };
}

/** This end's CSM: block-wise transfers, with several blocks per message if the size allows. */
export function ourCapabilities(maxMessageSize: number): TokenMessage {
  return signal(signals.csm, {
    options: [
      { number: maxMessageSizeOption, value: uintBytes(maxMessageSize) },
      { number: blockWiseOption, value: noBytes },
    ],
  });
}

/** The Abort of an end that cannot continue; `badOption` names the option of a CSM that was the reason. */
export function abortion(text: string, badOption?: number): TokenMessage {
  return signal(signals.abort, {
    text,
    options: badOption === undefined ? [] : [{ number: badCsmOption, value: uintBytes(badOption) }],
  });
}

/** Reads a CSM; or the number of an option in it that is not acceptable. */
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

/** The critical option of a signaling message other than a CSM, for which none is known; undefined if there is none. */
export function criticalOption({ options }: TokenMessage): number | undefined {
  return options.find(({ number }) => isCritical(number))?.number;
}

function isCritical(number: number): boolean {
  return number % 2 === 1;
}
