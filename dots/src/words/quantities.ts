/** Numbers of the DOTS protocol in readable form. */

const timeUnits = [
  [86_400, 'd', 'day'],
  [3600, 'h', 'hour'],
  [60, 'min', 'minute'],
  [1, 's', 'second'],
] as const;

/** The two largest units of a number of seconds, each with its count; empty below one second. */
function largestUnits(seconds: number): { count: number; short: string; long: string }[] {
  const whole = Math.max(0, Math.floor(seconds));
  const first = timeUnits.findIndex(([size]) => whole >= size);
  const units = first < 0 ? [] : timeUnits.slice(first, first + 2);
  return units
    .map(([size, short, long], index) => ({
      count: Math.floor((index === 0 ? whole : whole % (units[0]?.[0] ?? 1)) / size),
      short,
      long,
    }))
    .filter(({ count }) => count > 0);
}

/** A number of seconds in its two largest units: `1 h 30 min`, `59 s`. Below zero it reads as 0 s. */
export function duration(seconds: number): string {
  return (
    largestUnits(seconds)
      .map(({ count, short }) => `${count} ${short}`)
      .join(' ') || '0 s'
  );
}

/** A number of seconds in its two largest units, written out: `1 hour 30 minutes`. */
export function longDuration(seconds: number): string {
  return (
    largestUnits(seconds)
      .map(({ count, long }) => plural(count, long))
      .join(' ') || '0 seconds'
  );
}

/** `1 rule`, `2 rules`. */
export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

const decimalSteps = [
  [1e12, 'T'],
  [1e9, 'G'],
  [1e6, 'M'],
  [1e3, 'k'],
] as const;

/** A mitigation lifetime in seconds as granted: `3600 s (1 h)`; -1 is indefinite (RFC 9132 section 4.4.1.1). */
export function lifetime(seconds: number): string {
  if (seconds === -1) return 'indefinite (-1)';
  return seconds < 60 ? `${seconds} s` : `${seconds} s (${duration(seconds)})`;
}

/** The lifetime that a server granted, and the one that was requested where that differs (seconds). */
export function grantedLifetimeWords(granted: number, requested: number | undefined): string {
  const words = lifetime(granted);
  return requested === undefined || requested === granted ? words : `${words}; requested ${lifetime(requested)}`;
}

/** A count in at most three digits, with a decimal prefix: `432 k`. */
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
