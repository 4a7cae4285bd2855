import type { Fault } from '../../model/finding';
import { isObject, itemsOf, type JsonObject } from '../../model/json';
import { child } from '../../model/pointer';
import { serverOnlyScopeMembers, type Direction } from '#dots/model/direction';
import { overlappingScopes } from '#dots/model/sharedTargets';
import { attackTimes } from './attackTimes';
import { advice, rfcFault } from './fault';
import { amplifiers, planningAdvice } from './planning';
import { emptyFaults, hostFaults, icmpAdvice, nameAdvice, portAdvice, prefixFaults, selectors } from './target';

/** The rules for mitigation requests; a status is checked only by the rules common to both directions. */
export function mitigationFaults(body: JsonObject, pointer: string, direction?: Direction): Fault[] {
  const entries = itemsOf(body.scope);
  const list = child(pointer, 'scope');
  if (direction === 'status')
    return entries.flatMap((scope, index) => (isObject(scope) ? statusFaults(scope, child(list, index)) : []));
  return [
    ...scopeCount(body, entries.length, pointer, list),
    ...entries.flatMap((scope, index) => (isObject(scope) ? requestFaults(scope, child(list, index)) : [])),
  ];
}

const attacks = 'ietf-dots-telemetry:attack-detail';

const besideCollision = ['conflict-status', 'conflict-scope', 'retry-timer'];

function statusFaults(scope: JsonObject, pointer: string): Fault[] {
  return [...collisionFaults(scope, pointer), ...attackTimes(scope, attacks, pointer)];
}

/** The refusal of a cuid that another client uses must not disclose that client's requests. */
function collisionFaults(scope: JsonObject, pointer: string): Fault[] {
  const member = 'conflict-information';
  const conflict = scope[member];
  if (!isObject(conflict) || conflict['conflict-cause'] !== 'cuid-collision') return [];
  return besideCollision
    .filter((name) => Object.hasOwn(conflict, name))
    .map((name) =>
      rfcFault(
        'cuid-collision-detail',
        child(child(pointer, member), name),
        '9132 4.4.1.3',
        `A server that refuses a cuid because another client uses it must not return "${name}".`,
        { atName: true },
      ),
    );
}

function scopeCount(body: JsonObject, count: number, pointer: string, list: string): Fault[] {
  if (count === 1) return [];
  if (!Object.hasOwn(body, 'scope'))
    return [
      rfcFault(
        'scope-missing',
        pointer,
        '9132 4.4.1.1',
        'A mitigation request needs a "scope" with the targets to protect.',
      ),
    ];
  if (count === 0)
    return [
      rfcFault('one-scope', list, '9132 4.4.1.1', 'A mitigation request needs one entry in "scope"; it has none.'),
    ];
  const first = { related: [{ pointer: child(list, 0), message: 'the first scope' }] };
  const message = `A mitigation request carries exactly one scope; this one has ${count}. ${severalScopes(body)}`;
  return [rfcFault('one-scope', child(list, 1), '9132 4.4.1.1', message, first)];
}

/** What to do about several scopes: requests of one client that overlap delete each other. */
function severalScopes(body: JsonObject): string {
  return overlappingScopes(itemsOf(body.scope).filter(isObject))
    ? 'Their targets overlap, so as separate requests the one with the higher mid deletes the other (RFC 9132 section 4.4.1.3): merge them into one scope, or filter by an ACL.'
    : 'Send one request for each, each with its own mid.';
}

function requestFaults(scope: JsonObject, pointer: string): Fault[] {
  return [
    ...serverMembers(scope, pointer),
    ...lifetimeFaults(scope, pointer),
    ...selectorFaults(scope, pointer),
    ...emptyFaults(scope, pointer),
    ...prefixFaults(scope, 'target-prefix', pointer, '9132 4.4.1.1'),
    ...hostFaults(scope, pointer, '9132 4.4.1.1'),
    ...prefixFaults(scope, 'ietf-dots-call-home:source-prefix', pointer, '9066 5.3.1'),
    ...portAdvice(scope, pointer),
    ...icmpAdvice(scope, pointer),
    ...nameAdvice(scope, pointer),
    ...amplifierAdvice(scope, pointer),
    ...callHomeFaults(scope, pointer),
    ...filterControlFaults(scope, pointer),
    ...telemetryFaults(scope, pointer),
    ...attackTimes(scope, attacks, pointer),
    ...planningAdvice(scope, pointer),
  ];
}

function serverMembers(scope: JsonObject, pointer: string): Fault[] {
  return serverOnlyScopeMembers
    .filter((member) => Object.hasOwn(scope, member))
    .map((member) =>
      rfcFault(
        'server-only-member',
        child(pointer, member),
        '9132 4.4.1.1',
        `Only a server writes "${member}"; remove it from the request.`,
        { atName: true },
      ),
    );
}

function lifetimeFaults(scope: JsonObject, pointer: string): Fault[] {
  if (scope.lifetime === 0)
    return [
      rfcFault(
        'lifetime-zero',
        child(pointer, 'lifetime'),
        '9132 4.4.1.1',
        'A lifetime of 0 is invalid: write it in seconds (3600 is common), or -1 for an indefinite one.',
      ),
    ];
  if (Object.hasOwn(scope, 'lifetime')) return [];
  if (Object.hasOwn(scope, 'attack-status')) {
    return [
      rfcFault(
        'lifetime-missing',
        pointer,
        '9132 4.4.3',
        'An efficacy update repeats every parameter of its request; "lifetime" is missing.',
        { severity: 'warning' },
      ),
    ];
  }
  return [
    rfcFault(
      'lifetime-missing',
      pointer,
      '9132 4.4.1.1',
      '"lifetime" is mandatory in a mitigation request: add it in seconds (3600 is common).',
    ),
  ];
}

function selectorFaults(scope: JsonObject, pointer: string): Fault[] {
  if ([...selectors, 'alias-name'].some((member) => Object.hasOwn(scope, member))) return [];
  return [
    rfcFault(
      'target-missing',
      pointer,
      '9132 4.4.1.1',
      'The request names no target: add "target-prefix", "target-fqdn", "target-uri" or "alias-name".',
    ),
  ];
}

/** TCP only, but source ports of UDP amplifiers: the filter would match no packet of a reflection attack. */
function amplifierAdvice(scope: JsonObject, pointer: string): Fault[] {
  const protocols = itemsOf(scope['target-protocol']);
  if (protocols.length === 0 || protocols.includes(17)) return [];
  const member = 'ietf-dots-call-home:source-port-range';
  const hit = itemsOf(scope[member]).findIndex((range) => isObject(range) && amplifiers.has(range['lower-port']));
  if (hit < 0) return [];
  return [
    advice(
      'amplifier-not-udp',
      child(child(pointer, member), hit),
      '9066 5.3.1',
      'Traffic from this source port is UDP amplification, but "target-protocol" does not include 17 (UDP): the filter would match none of it.',
      {
        related: [{ pointer: child(pointer, 'target-protocol'), message: 'UDP is 17' }],
      },
    ),
  ];
}

/** What the Call Home scenario requires; on the base channel the same members are hints (RFC 9066 section 5.3.1). */
function callHomeFaults(scope: JsonObject, pointer: string): Fault[] {
  const sources = child(pointer, 'ietf-dots-call-home:source-prefix');
  if (!Object.hasOwn(scope, 'ietf-dots-call-home:source-prefix')) return [];
  const faults: Fault[] = [];
  if (scope['trigger-mitigation'] === false) {
    faults.push(
      rfcFault(
        'call-home-trigger',
        child(pointer, 'trigger-mitigation'),
        '9066 5.3.1',
        'In Call Home a server refuses a request whose "trigger-mitigation" is false.',
        { severity: 'warning' },
      ),
    );
  }
  if (!Object.hasOwn(scope, 'target-prefix')) {
    faults.push(
      rfcFault(
        'call-home-target',
        sources,
        '9066 5.3.1',
        'In Call Home a request that names sources must name "target-prefix" too.',
        { severity: 'warning', atName: true },
      ),
    );
  }
  return faults;
}

/**
 * ACLs are activated or deactivated during an attack by a request with a new mid, never by an efficacy update (RFC 9133
 * section 3.2.1).
 */
function filterControlFaults(scope: JsonObject, pointer: string): Fault[] {
  const member = 'ietf-dots-signal-control:acl-list';
  if (!Object.hasOwn(scope, member)) return [];
  if (scope['trigger-mitigation'] === false) {
    return [
      rfcFault(
        'acl-in-idle-time',
        child(pointer, member),
        '9133 3.2.1',
        'A request that waits for the loss of the session is sent in idle time, when a server refuses to change the activation of ACLs: remove this member, or "trigger-mitigation".',
        { severity: 'warning', atName: true },
      ),
    ];
  }
  if (!Object.hasOwn(scope, 'attack-status')) return [];
  return [
    rfcFault(
      'acl-in-efficacy-update',
      child(pointer, member),
      '9133 3.2.1',
      'An efficacy update cannot change the activation of ACLs: send a new request, with a new mid and without "attack-status".',
      { atName: true },
    ),
  ];
}

/** A client includes telemetry of a mitigation only in an efficacy update. */
function telemetryFaults(scope: JsonObject, pointer: string): Fault[] {
  if (Object.hasOwn(scope, 'attack-status')) return [];
  return ['ietf-dots-telemetry:total-attack-traffic', attacks]
    .filter((member) => Object.hasOwn(scope, member))
    .map((member) =>
      rfcFault(
        'telemetry-outside-update',
        child(pointer, member),
        '9244 9.1',
        'A client sends this only in an efficacy update: add "attack-status", or send it in a separate telemetry document.',
        { severity: 'warning', atName: true },
      ),
    );
}
