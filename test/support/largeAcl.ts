/** An ACL document with this many entries, pretty-printed: 10,000 entries are about 8.6 MB. */
export function largeAclText(entries: number, acls = 1): string {
  const ace = (index: number): object => ({
    name: `drop-amplification-${index}`,
    matches: {
      ipv4: {
        'destination-ipv4-network': `192.0.2.${index % 256}/32`,
        'source-ipv4-network': `198.51.${(index >> 8) & 255}.${index & 255}/32`,
        protocol: 17,
      },
      udp: {
        'source-port-range-or-operator': { 'lower-port': index % 60000, 'upper-port': (index % 60000) + 100 },
        'destination-port-range-or-operator': { operator: 'eq', port: index % 65536 },
      },
    },
    actions: { forwarding: 'drop' },
  });
  const acl = (number: number): object => ({
    name: `acl-${number}`,
    type: 'ipv4-acl-type',
    'activation-type': 'activate-when-mitigating',
    aces: { ace: Array.from({ length: entries }, (_, index) => ace(index)) },
  });
  return JSON.stringify(
    { 'ietf-dots-data-channel:acls': { acl: Array.from({ length: acls }, (_, number) => acl(number)) } },
    null,
    2,
  );
}
