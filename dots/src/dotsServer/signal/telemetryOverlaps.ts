import { isObject, itemsOf, type JsonObject, type JsonValue } from '#dots/model/json';
import { sharedTargets } from '#dots/model/sharedTargets';
import type { DataClient } from '../state/dataClient';
import type { TelemetryEntry } from '../state/telemetry';
import { aliasTargets } from './aliases';

/**
 * Whether one of two entries of a client and a kind overrides the other: both configure telemetry (RFC 9244 section
 * 7.1.2), the same pipe in the same unit (7.2.1), or have a target in common (7.3.1 and 8.2).
 */
export function overlapOf(one: TelemetryEntry, other: TelemetryEntry, client: DataClient | undefined): boolean {
  if (one.kind !== other.kind) return false;
  const [mine, theirs] = [one, other].map((entry) => partsOf(entry, client));
  if (mine === undefined || theirs === undefined) return false;
  return (
    (mine.configures && theirs.configures) ||
    [...mine.pipes].some((pipe) => theirs.pipes.has(pipe)) ||
    mine.targets.some((target) => theirs.targets.some((their) => shareTarget(target, their)))
  );
}

interface Parts {
  configures: boolean;
  pipes: Set<string>;
  targets: JsonObject[];
}

function partsOf({ kind, body }: TelemetryEntry, client: DataClient | undefined): Parts {
  const items = itemsOf(body[kind === 'tsid' ? 'telemetry' : 'pre-or-ongoing-mitigation']).filter(isObject);
  const inAll = (member: string): JsonObject[] => items.flatMap((item) => itemsOf(item[member])).filter(isObject);
  const targets = kind === 'tsid' ? inAll('baseline') : items.map(({ target }) => target).filter(isObject);
  return {
    configures: items.some((item) => item['current-config'] !== undefined),
    pipes: new Set(inAll('total-pipe-capacity').map(({ 'link-id': link, unit }) => JSON.stringify([link, unit]))),
    targets: targets.map((target) => aliasTargets(target, client)),
  };
}

function shareTarget(one: JsonObject, other: JsonObject): boolean {
  if (sharedTargets(one, other) !== undefined) return true;
  const mids = new Set<JsonValue>(itemsOf(other['mid-list']));
  return itemsOf(one['mid-list']).some((mid) => mids.has(mid));
}
