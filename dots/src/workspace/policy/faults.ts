import type { Fault } from '#dots/model/finding';
import { isObject, itemsOf, type JsonObject, type JsonValue } from '#dots/model/json';
import { NetworkIndex } from '#dots/model/networkIndex';
import { overlaps, parsePrefix, type Prefix } from '#dots/model/prefix';
import { policyFault } from './fault';
import { doubleNames, undefinedNames } from './names';
import { policyOf, type Policy, type PolicyDms, type PolicyTarget } from './policy';
import { strategyFaults } from './strategies';
import { trafficFaults } from './trafficFaults';

/**
 * What is wrong in a policy that its schema cannot say.
 * @param isSound the value has no fault by its schema
 */
export function policyFaults(value: JsonValue, isSound: boolean): Fault[] {
  const names = [...undefinedNames(value), ...doubleNames(value)];
  if (!isSound) return names;
  const policy = policyOf(value);
  return [
    ...names,
    ...dmsFaults(value),
    ...delegationCircles(policy),
    ...clientFaults(policy),
    ...overlappingPrefixes(policy),
    ...uncarriedPrefixes(policy),
    ...strategyFaults(policy),
    ...trafficFaults(value),
  ];
}

/** Members that a means of diversion or return needs. */
function dmsFaults(value: JsonValue): Fault[] {
  return itemsOf(isObject(value) ? value.dms : undefined).flatMap((dms, index) => [
    ...needed(dms, index, 'divert', 'flowspec-redirect', 'route-target'),
    ...needed(dms, index, 'reinject', 'gre', 'link'),
  ]);
}

function needed(dms: JsonValue, index: number, member: string, by: string, name: string): Fault[] {
  const means = isObject(dms) && isObject(dms[member]) ? (dms[member] as JsonObject) : {};
  if (means.by !== by || means[name] !== undefined) return [];
  const message = `"${by}" needs "${name}", which is missing. Add it.`;
  return [policyFault('missing-member', 'error', `/dms/${index}/${member}`, message)];
}

/** DMSs that delegate in a circle: each is reported where its delegation leads back to itself. */
function delegationCircles({ dms }: Policy): Fault[] {
  const next = new Map(dms.map(({ name, delegatesTo }) => [name, delegatesTo]));
  return dms.flatMap(({ name }, index) => {
    const chain = [name];
    for (let at = next.get(name); at !== undefined && !chain.includes(at); at = next.get(at)) chain.push(at);
    if (next.get(chain.at(-1) ?? '') !== name) return [];
    const message = `"${name}" delegates to itself: ${[...chain, name].join(' -> ')}. Remove one delegation.`;
    return [policyFault('delegation-circle', 'error', `/dms/${index}/delegates-to`, message, '8903 3.1')];
  });
}

/** Clients of role `dms` without a DMS, and DMSs that cannot ask for offload. */
function clientFaults({ clients, dms }: Policy): Fault[] {
  const systems = new Set(dms.map(({ name }) => name));
  const asking = new Set(clients.filter(({ role }) => role === 'dms').map(({ name }) => name));
  return [
    ...clients.flatMap(({ name, role }, index) =>
      role !== 'dms' || systems.has(name)
        ? []
        : [
            policyFault(
              'undefined-name',
              'error',
              `/clients/${index}/name`,
              `No DMS is called "${name}", which this client with role dms has to be. Add it to "dms".`,
            ),
          ],
    ),
    ...dms.flatMap(({ name, offloadAbove }, index) =>
      offloadAbove === undefined || asking.has(name)
        ? []
        : [
            policyFault(
              'offload-without-client',
              'warning',
              `/dms/${index}/offload-above`,
              `"${name}" cannot ask for offload: no client with role dms has its name. Add one to "clients".`,
            ),
          ],
    ),
  ];
}

interface OwnPrefix {
  client: string;
  prefix: Prefix;
  text: string;
  pointer: string;
}

/** The own prefixes of all customers. */
function customerPrefixes({ clients }: Policy): OwnPrefix[] {
  return clients.flatMap(({ name, role, ownPrefixes = [] }, index) =>
    role !== 'customer'
      ? []
      : ownPrefixes.flatMap((text, at) => {
          const prefix = parsePrefix(text);
          const pointer = `/clients/${index}/own-prefixes/${at}`;
          return prefix === undefined ? [] : [{ client: name, prefix, text, pointer }];
        }),
  );
}

function overlappingPrefixes(policy: Policy): Fault[] {
  const wider = new NetworkIndex<OwnPrefix>();
  const all = customerPrefixes(policy).sort((a, b) => a.prefix.length - b.prefix.length);
  return all.flatMap((own) => {
    const other = wider.covering(own.prefix).find(({ client }) => client !== own.client);
    wider.add(own.prefix, own);
    if (other === undefined) return [];
    const message = `${own.text} of "${own.client}" overlaps ${other.text} of "${other.client}": each can have the other's traffic filtered.`;
    const related = [{ pointer: other.pointer, message: `The prefix of "${other.client}".` }];
    return [{ ...policyFault('overlapping-prefixes', 'warning', own.pointer, message, '9132 4.4.1.1'), related }];
  });
}

/** Prefixes of customers that no DMS carries, in a policy with DMSs. */
function uncarriedPrefixes(policy: Policy): Fault[] {
  if (policy.dms.length === 0) return [];
  return customerPrefixes(policy).flatMap(({ client, prefix, text, pointer }) => {
    const links = linksOf(prefix, policy);
    if (policy.dms.some((dms) => carries(dms, prefix, links))) return [];
    const message = `No DMS carries ${text} of "${client}": its attacks can only be filtered. Add it, or one of its links, to "carries" of a DMS.`;
    return [policyFault('uncarried-prefix', 'warning', pointer, message, '9284 5')];
  });
}

/** The links behind which a prefix lies, wholly or in part. */
function linksOf(prefix: Prefix, { links, targets }: Policy): ReadonlySet<string> {
  const meets = (target: PolicyTarget): boolean => {
    const other = parsePrefix(target.prefix);
    return target.links !== undefined && other !== undefined && overlaps(prefix, other);
  };
  const limited = targets.filter(meets).flatMap((target) => target.links ?? []);
  return new Set(limited.length > 0 ? limited : links.map(({ name }) => name));
}

const carries = (dms: PolicyDms, prefix: Prefix, links: ReadonlySet<string>): boolean =>
  dms.carries.some((each) => {
    const other = parsePrefix(each);
    return other === undefined ? links.has(each) : overlaps(other, prefix);
  });
