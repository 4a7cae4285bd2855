import { hasDestination } from '#dots/dotsServer/state/clientDomain';
import { isObject, itemsOf, type JsonObject } from '#dots/model/json';
import { formatPrefix, parsePrefix, type Family, type Prefix } from '#dots/model/prefix';

/**
 * An ACL as it applies within its client's prefixes: an entry that names no destination applies to the destinations of
 * the client's domain alone (RFC 8783 section 7.2), so it becomes one entry for each prefix of its address family.
 * @param ownPrefixes undefined: the client is unrestricted
 */
export function withinDomain(acl: JsonObject, ownPrefixes: readonly string[] | undefined): JsonObject {
  if (ownPrefixes === undefined || !isObject(acl.aces)) return acl;
  const domain = ownPrefixes.map(parsePrefix).filter((prefix) => prefix !== undefined);
  const ace = itemsOf(acl.aces.ace)
    .filter(isObject)
    .flatMap((entry) => confined(entry, familiesOf(entry, String(acl.type)), domain));
  return { ...acl, aces: { ace } };
}

const families = ['ipv4', 'ipv6'] as const;

/** The address families that an entry matches: those of its header, else those of the type of its ACL. */
function familiesOf({ matches }: JsonObject, type: string): readonly Family[] {
  const ofHeader = families.filter((family) => isObject(matches) && isObject(matches[family]));
  const ofType = families.filter((family) => type.includes(family));
  return [ofHeader, ofType, families].find((found) => found.length > 0) ?? families;
}

function confined(ace: JsonObject, matched: readonly Family[], domain: readonly Prefix[]): JsonObject[] {
  const matches = isObject(ace.matches) ? ace.matches : {};
  if (hasDestination(ace)) return [ace];
  return domain
    .filter(({ family }) => matched.includes(family))
    .map((prefix) => {
      const { family } = prefix;
      const text = formatPrefix(prefix);
      const header = isObject(matches[family]) ? matches[family] : {};
      const name = `${String(ace.name)} to ${text}`;
      return {
        ...ace,
        name,
        matches: { ...matches, [family]: { ...header, [`destination-${family}-network`]: text } },
      };
    });
}
