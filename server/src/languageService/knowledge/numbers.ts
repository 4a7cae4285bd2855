/** IP protocol numbers that DOTS documents use, with their names (IANA protocol numbers registry). */
export const protocols: ReadonlyMap<number, string> = new Map([
  [6, 'TCP'],
  [17, 'UDP'],
  [1, 'ICMP'],
  [58, 'ICMPv6'],
  [47, 'GRE'],
  [50, 'ESP'],
  [51, 'AH'],
  [2, 'IGMP'],
  [4, 'IPv4 in IP'],
  [41, 'IPv6 in IP'],
  [33, 'DCCP'],
  [89, 'OSPF'],
  [103, 'PIM'],
  [112, 'VRRP'],
  [115, 'L2TP'],
  [132, 'SCTP'],
  [136, 'UDP-Lite'],
]);

/**
 * The well-known ports for a member: at a target those of services come first, at a source those that are abused for
 * amplification.
 * @param path leads to the member
 */
export function portsFor(path: readonly string[]): ReadonlyMap<number, string> {
  if (!path.some((token) => /^(?:target|destination)-/.test(token))) return ports;
  const isAbused = ([, words]: [number, string]): boolean => words.includes('amplification');
  const entries = [...ports];
  return new Map([...entries.filter((each) => !isAbused(each)), ...entries.filter(isAbused)]);
}

/** Port numbers that attacks and services are known by (IANA service names registry). */
export const ports: ReadonlyMap<number, string> = new Map([
  [53, 'DNS; its UDP answers are abused for amplification'],
  [123, 'NTP; its UDP answers are abused for amplification'],
  [389, 'LDAP; CLDAP over UDP is abused for amplification'],
  [11211, 'memcached; its UDP answers are abused for amplification'],
  [1900, 'SSDP; its UDP answers are abused for amplification'],
  [161, 'SNMP; its UDP answers are abused for amplification'],
  [19, 'chargen; its UDP answers are abused for amplification'],
  [137, 'NetBIOS names; its UDP answers are abused for amplification'],
  [111, 'portmapper; its UDP answers are abused for amplification'],
  [80, 'HTTP'],
  [443, 'HTTPS, also QUIC over UDP'],
  [22, 'SSH'],
  [25, 'SMTP'],
  [179, 'BGP'],
  [853, 'DNS over TLS'],
  [993, 'IMAPS'],
  [3389, 'RDP'],
  [4646, 'DOTS signal channel'],
  [5060, 'SIP'],
  [5683, 'CoAP'],
  [8080, 'HTTP, alternate'],
]);
