import { isObject, type JsonObject, type JsonValue } from '#dots/model/json';
import { duration, plural } from './quantities';

interface Parameter {
  unit: string;
  meaning: string;
}

/** The parameters of a session: RFC 9132 section 4.5.1, RFC 9362 section 3. */
const parameters: Readonly<Record<string, Parameter>> = {
  'heartbeat-interval': { unit: 's', meaning: 'the time between two heartbeats; 0 switches them off' },
  'missing-hb-allowed': { unit: '', meaning: 'heartbeats without an answer until the session counts as lost' },
  'probing-rate': { unit: 'bytes/s', meaning: 'the most that is sent to a peer that does not answer' },
  'max-retransmit': { unit: '', meaning: 'how often a confirmable message is repeated' },
  'ack-timeout': { unit: 's', meaning: 'the time until its first repetition' },
  'ack-random-factor': { unit: '', meaning: 'the largest factor by which that time varies' },
  'max-payloads': { unit: '', meaning: 'blocks of a body that are sent in one go' },
  'non-max-retransmit': { unit: '', meaning: 'how often missing blocks are requested again' },
  'non-timeout': { unit: 's', meaning: 'the longest pause between two sets of blocks' },
  'non-receive-timeout': { unit: 's', meaning: 'the time until a missing block is requested' },
  'non-probing-wait': { unit: 's', meaning: 'the longest wait between two bodies' },
  'non-partial-timeout': { unit: 's', meaning: 'the time after which the blocks of an incomplete body are discarded' },
};

/** Max-Age without an end, and without one it is 60 s: RFC 9132 section 4.5.3. */
const endless = 2 ** 32 - 1;

const sets = [
  ['mitigating-config', 'while a mitigation is active'],
  ['idle-config', 'in idle time'],
] as const;

/**
 * A session configuration in lines (RFC 9132 section 4.5.1): of each set the parameters with the current value, the
 * range that the server accepts, and what they mean.
 * @param body the content of `signal-config`
 */
export function sessionConfigLines(body: JsonObject): string[] {
  return sets.flatMap(([name, when]) => {
    const set = body[name];
    if (!isObject(set)) return [];
    return [`${name}, ${when}:`, ...Object.entries(set).flatMap(([member, value]) => parameterLine(member, value))];
  });
}

function parameterLine(member: string, value: JsonValue): string[] {
  if (!isObject(value)) return [];
  const name = member.replace(/^.*:/, '');
  const { unit, meaning } = parameters[name] ?? { unit: '', meaning: '' };
  const [current, low, high] = ['current-value', 'min-value', 'max-value'].map((each) => numberIn(value, each));
  const measured = (text: string): string => (unit === '' ? text : `${text} ${unit}`);
  const parts = [
    current === undefined ? 'no value' : measured(current),
    low === undefined || high === undefined ? 'no range' : `allowed ${low} to ${measured(high)}`,
    ...(meaning === '' ? [] : [meaning]),
  ];
  return [`  ${name}: ${parts.join(', ')}`];
}

/** A number, or a decimal number with two digits, which is a text. */
function numberIn(value: JsonObject, name: string): string | undefined {
  const found = value[name] ?? value[`${name}-decimal`];
  return found === undefined ? undefined : String(found);
}

/** How long a configuration may be relied on, and what to do then: RFC 9132 section 4.5.3. */
export function currencyWords(seconds = 60): string {
  if (seconds === 0) return 'It may have changed already: read it again before each use.';
  if (seconds === endless) return 'It is current until the server reports a change.';
  const time = seconds < 60 ? plural(seconds, 'second') : `${seconds} s (${duration(seconds)})`;
  return `It is current for ${time}, then it has to be read again (RFC 9132 section 4.5.3).`;
}
