import type { Fault } from '../../model/finding';
import { isObject, itemsOf, type JsonObject } from '../../model/json';
import { child } from '../../model/pointer';
import { parsePrefix } from '../../model/prefix';
import { advice } from './fault';

/** UDP services known as amplifiers, by source port of the attack traffic. */
export const amplifiers: ReadonlySet<unknown> = new Set([
  19, 53, 111, 123, 137, 161, 389, 520, 1900, 3702, 5353, 11211,
]);

const sourcePorts = 'ietf-dots-call-home:source-port-range';
const sourcePrefixes = 'ietf-dots-call-home:source-prefix';

/** A target this short or shorter covers more than one site. */
const widest = { ipv4: 16, ipv6: 32 };
/** A mitigation that ends sooner has to be refreshed while the link is congested. */
const shortLifetime = 300;
/** More sources than this are many for one datagram on an attacked link, and attackers add new ones all the time. */
const manySources = 16;

/** Advice on a mitigation request: what is valid, but will not work well. */
export function planningAdvice(scope: JsonObject, pointer: string): Fault[] {
  return [
    ...wideTargets(scope, pointer),
    ...lifetimeAdvice(scope, pointer),
    ...reflectionAdvice(scope, pointer),
    ...sourceAdvice(scope, pointer),
  ];
}

function wideTargets(scope: JsonObject, pointer: string): Fault[] {
  const list = child(pointer, 'target-prefix');
  return itemsOf(scope['target-prefix']).flatMap((text, index) => {
    const prefix = typeof text === 'string' ? parsePrefix(text) : undefined;
    if (prefix === undefined || prefix.length > widest[prefix.family]) return [];
    return [
      advice(
        'wide-target',
        child(list, index),
        '9132 4.4.1.1',
        `The prefix ${String(text)} is a very wide target: all traffic to it is mitigated alike. Name the prefixes under attack.`,
      ),
    ];
  });
}

function lifetimeAdvice({ lifetime }: JsonObject, pointer: string): Fault[] {
  if (typeof lifetime !== 'number' || lifetime < 1 || lifetime >= shortLifetime) return [];
  return [
    advice(
      'short-lifetime',
      child(pointer, 'lifetime'),
      '9132 4.4.1.1',
      `The mitigation ends after ${lifetime} seconds unless it is refreshed over the attacked link; 3600 is common.`,
      { severity: 'information' },
    ),
  ];
}

const namesAmplifier = (scope: JsonObject): boolean =>
  itemsOf(scope[sourcePorts]).some((range) => isObject(range) && amplifiers.has(range['lower-port']));

/**
 * Reflected traffic comes from well-known ports to ports that the attacker chooses at random (mitigation offload draft,
 * section 5).
 */
function reflectionAdvice(scope: JsonObject, pointer: string): Fault[] {
  if (!namesAmplifier(scope) || itemsOf(scope['target-port-range']).length === 0) return [];
  return [
    advice(
      'reflection-target-ports',
      child(pointer, 'target-port-range'),
      '8903 3.3',
      'Reflected traffic goes to random ports: name its source ports and omit "target-port-range", or most of it does not match.',
      { severity: 'information' },
    ),
  ];
}

function sourceAdvice(scope: JsonObject, pointer: string): Fault[] {
  const count = itemsOf(scope[sourcePrefixes]).length;
  if (count <= manySources) return [];
  const instead = namesAmplifier(scope)
    ? 'the source ports alone cover them all'
    : 'attackers choose such sources at random';
  return [
    advice(
      'many-sources',
      child(pointer, sourcePrefixes),
      '8903 3.3',
      `A request with ${count} sources is long for an attacked link, and ${instead}: omit them, or activate an ACL that was installed in peacetime.`,
      { severity: 'information' },
    ),
  ];
}

/**
 * An ACL without source addresses depends on nothing that is known only under attack: it can be installed in peacetime.
 */
export function peacetimeAdvice(acl: JsonObject, pointer: string): Fault[] {
  const { aces } = acl;
  const entries = itemsOf(isObject(aces) ? aces.ace : undefined).filter(isObject);
  if (acl['activation-type'] !== 'immediate' || entries.length === 0 || !entries.every(isPlannable)) return [];
  return [
    advice(
      'prepare-in-peacetime',
      child(pointer, 'activation-type'),
      '9133 3.1',
      'This ACL names no attacker: install it in peacetime with "activate-when-mitigating", and a mitigation activates it.',
      { severity: 'hint' },
    ),
  ];
}

function isPlannable({ matches, actions }: JsonObject): boolean {
  const drops = isObject(actions) && typeof actions.forwarding === 'string' && actions.forwarding.endsWith('drop');
  const amplifier =
    isObject(matches) && isObject(matches.udp) && isObject(matches.udp['source-port-range-or-operator']);
  const networks = isObject(matches) ? [matches.ipv4, matches.ipv6].filter(isObject) : [];
  return (
    drops && amplifier && !networks.some((network) => Object.keys(network).some((name) => name.startsWith('source-')))
  );
}
