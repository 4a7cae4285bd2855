/** How numbers of the DOTS protocol read to a person. No editor, no clock: plain functions over values. */
import { duration } from '#dots/model/text';

const decimalSteps = [
  [1e12, 'T'],
  [1e9, 'G'],
  [1e6, 'M'],
  [1e3, 'k'],
] as const;

/** A mitigation lifetime in seconds as granted: `3600 s (1 h)`; -1 is an indefinite one (RFC 9132 section 4.4.1.1). */
export function lifetime(seconds: number): string {
  if (seconds === -1) return 'indefinite (-1)';
  return seconds < 60 ? `${seconds} s` : `${seconds} s (${duration(seconds)})`;
}

/** A count in three digits at most, with a decimal prefix: `432 k`. */
export function count(value: number): string {
  const step = decimalSteps.find(([size]) => value >= size);
  if (step === undefined) return String(Math.round(value));
  const scaled = value / step[0];
  return `${scaled >= 100 ? Math.round(scaled) : Number(scaled.toFixed(1))} ${step[1]}`;
}

/** A number of octets of traffic: `134 MB`, `812 B`. */
export function traffic(octets: number): string {
  const text = count(octets);
  return /[a-zA-Z]$/.test(text) ? `${text}B` : `${text} B`;
}

/** A rate of octets per second in bits: `347 kbit/s`. */
export function bitRate(octetsPerSecond: number): string {
  const text = count(8 * octetsPerSecond);
  return /[a-zA-Z]$/.test(text) ? `${text}bit/s` : `${text} bit/s`;
}

/** The base name of a path or URI without `.dots.json`, `.dots.jsonc`, `.json`. */
export function documentName(path: string): string {
  const name = path.slice(path.lastIndexOf('/') + 1);
  return name.replace(/(\.dots)?\.jsonc?$/, '');
}
