import type { SchemaNode, YangType } from '#dots/model/schema';

/** What a typedef means to a person, with an example. */
const typedefWords: Record<string, string> = {
  'ietf-inet-types:ip-prefix': 'an IPv4 or IPv6 prefix such as 192.0.2.0/24 or 2001:db8::/32',
  'ietf-inet-types:ipv4-prefix': 'an IPv4 prefix such as 192.0.2.0/24',
  'ietf-inet-types:ipv6-prefix': 'an IPv6 prefix such as 2001:db8::/32',
  'ietf-inet-types:ip-address': 'an IPv4 or IPv6 address',
  'ietf-inet-types:domain-name': 'a domain name such as www.example.com',
  'ietf-inet-types:port-number': 'a port number from 0 to 65535',
};

/** What a value of this type must be, for the end of a sentence such as "... must be ...". */
export function expectedType(type: YangType): string {
  const named = type.name === undefined ? undefined : typedefWords[type.name];
  if (named !== undefined) return named;
  switch (type.base) {
    case 'boolean':
      return 'true or false, without quotes';
    case 'enumeration':
      return `one of ${listOf(Object.keys(type.enums ?? {}))}`;
    case 'identityref':
      return `one of ${listOf((type.identities ?? []).map((name) => name.slice(name.indexOf(':') + 1)))}`;
    case 'bits':
      return `a string of ${listOf(type.bits ?? [])}, separated by spaces`;
    case 'union':
      return (type.members ?? []).map(expectedType).join(', or ');
    case 'int64':
    case 'uint64':
      return `a whole number from ${bounds(type)}, written as a string`;
    case 'decimal64':
      return `a decimal number with up to ${type.fractionDigits ?? 0} digits after the point, written as a string`;
    case 'binary':
      return `a string in base64${type.octets === undefined ? '' : ` of ${type.octets.join(' to ')} octets`}`;
    case 'string':
    case 'leafref':
    case 'empty':
      return 'a string';
    default:
      return isSingle(type) ? String(type.range?.[0]?.[0]) : `a whole number from ${bounds(type)}`;
  }
}

/** What the value at this schema node must be. */
export function expectedValue(node: SchemaNode): string {
  const yang = node['x-yang'];
  if (node.type === 'array') return 'a list, in brackets';
  if (node.type === 'object') return 'an object, in braces';
  if (yang?.type === undefined) return 'another value';
  // In the DOTS modules language tags are the only plain strings with a pattern.
  if (yang.type.base === 'string' && yang.type.name === undefined && node.pattern !== undefined)
    return 'a language tag such as en-US (RFC 5646)';
  const length =
    node.minLength !== undefined && node.maxLength !== undefined
      ? ` of ${node.minLength} to ${node.maxLength} characters`
      : '';
  return expectedType(yang.type) + length;
}

/** How a value looks in a sentence; long values are truncated. */
export function shown(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object' && value !== null) return 'an object';
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

/** `a, b or c`; long lists are truncated after eight names. */
function listOf(names: readonly string[]): string {
  if (names.length > 8) return `${names.slice(0, 8).join(', ')}, ... (${names.length} in all)`;
  return names.length < 2
    ? (names[0] ?? 'nothing')
    : `${names.slice(0, -1).join(', ')} or ${names[names.length - 1] ?? ''}`;
}

function bounds(type: YangType): string {
  return (type.range ?? []).map(([low, high]) => `${low} to ${high}`).join(' or ');
}

function isSingle(type: YangType): boolean {
  const [range] = type.range ?? [];
  return range !== undefined && range[0] === range[1];
}
