/** How numbers of the DOTS protocol read to a person. No editor, no clock: plain functions over values. */

const timeUnits = [[86_400, 'd'], [3600, 'h'], [60, 'min'], [1, 's']] as const;
const decimalSteps = [[1e12, 'T'], [1e9, 'G'], [1e6, 'M'], [1e3, 'k']] as const;

/** A number of seconds in its two largest units: `1 h 30 min`, `59 s`. Below zero it reads as 0 s. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const first = timeUnits.findIndex(([size]) => whole >= size);
  if (first < 0) return '0 s';
  let rest = whole;
  const parts: string[] = [];
  for (const [size, name] of timeUnits.slice(first, first + 2)) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0) parts.push(`${count} ${name}`);
  }
  return parts.join(' ');
}

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

/** `1 rule`, `2 rules`. */
export function plural(number: number, singular: string): string {
  return `${number} ${singular}${number === 1 ? '' : 's'}`;
}

/** The base name of a path or URI without `.dots.json`, `.dots.jsonc`, `.json`. */
export function documentName(path: string): string {
  const name = path.slice(path.lastIndexOf('/') + 1);
  return name.replace(/(\.dots)?\.jsonc?$/, '');
}
