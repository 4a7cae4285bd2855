import { optionNumbers, type OptionName } from './options';
import type { CoapOption } from './message';

const names = new Map(Object.entries(optionNumbers).map(([name, number]) => [number as number, name as OptionName]));

/** The options whose value is a text, and those whose value is opaque; all others are unsigned integers. */
const texts: readonly (OptionName | undefined)[] = [
  'Uri-Host',
  'Location-Path',
  'Uri-Path',
  'Uri-Query',
  'Location-Query',
  'Proxy-Uri',
  'Proxy-Scheme',
];
const opaque: readonly (OptionName | undefined)[] = ['If-Match', 'ETag', undefined];

/** An option with its name, and its value in the form that its definition names: RFC 7252 section 5.10. */
export interface ReadableOption {
  name: string;
  /** An opaque value is in hex. */
  value: string | number;
}

export function readableOption({ number, value }: CoapOption): ReadableOption {
  const name = names.get(number);
  return { name: name ?? `option ${number}`, value: readableValue(name, value) };
}

function readableValue(name: OptionName | undefined, value: Uint8Array): string | number {
  if (texts.includes(name)) return Buffer.from(value).toString('utf8');
  if (opaque.includes(name)) return Buffer.from(value).toString('hex');
  return value.reduce((sum, byte) => sum * 256 + byte, 0);
}
