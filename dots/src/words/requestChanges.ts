import { isObject, type JsonObject, type JsonValue } from '#dots/model/json';
import { lostTargets } from '#dots/model/lostTargets';
import { lifetime } from './quantities';
import { targetsOf } from './targets';

/** What a request asks for besides its targets and its lifetime; a scope without one of them is wider. */
const isLimit = (name: string): boolean => !handled.has(name);

const handled: ReadonlySet<string> = new Set([
  'target-prefix',
  'target-fqdn',
  'target-uri',
  'alias-name',
  'lifetime',
  'attack-status',
  'mid',
]);

/**
 * What differs between the scope of a mitigation request that is in force and that of one that is to be sent, one
 * phrase each: targets that are added and lost, limits that are added, changed and removed, and the lifetime. Empty
 * where they ask for the same.
 */
export function requestChanges(running: JsonObject, next: JsonObject): string[] {
  const [added, lost] = [lostTargets([next], [running]), lostTargets([running], [next])];
  const names = [...new Set([...Object.keys(running), ...Object.keys(next)])].filter(isLimit);
  return [
    ...(added === undefined ? [] : [`adds ${targetsOf(added).join(', ')}`]),
    ...(lost === undefined ? [] : [`no longer protects ${targetsOf(lost).join(', ')}`]),
    ...names.flatMap((name) => limitChange(name, running[name], next[name])),
    ...lifetimeChange(running.lifetime, next.lifetime),
  ];
}

function limitChange(name: string, before: JsonValue | undefined, after: JsonValue | undefined): string[] {
  if (textOf(before) === textOf(after)) return [];
  const short = name.slice(name.indexOf(':') + 1);
  if (after === undefined) return [`without ${short}`];
  return [before === undefined ? `with ${short} ${shown(after)}` : `${short} ${shown(before)} -> ${shown(after)}`];
}

const textOf = (value: JsonValue | undefined): string => JSON.stringify(value) ?? '';

/** The longest value in a phrase, characters. */
const longestValue = 60;

function shown(value: JsonValue): string {
  const text = isObject(value) || Array.isArray(value) ? JSON.stringify(value) : String(value);
  return text.length > longestValue ? `${text.slice(0, longestValue)}...` : text;
}

function lifetimeChange(before: JsonValue | undefined, after: JsonValue | undefined): string[] {
  if (typeof before !== 'number' || typeof after !== 'number' || before === after) return [];
  return [`lifetime ${lifetime(before)} -> ${lifetime(after)}`];
}
