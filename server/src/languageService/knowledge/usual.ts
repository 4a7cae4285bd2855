/**
 * The usual members of an object besides those that the schema requires, by the member that contains the object.
 * Completion offers these first, and the skeletons of whole documents are made of them.
 */
export const usualMembers: Readonly<Record<string, readonly string[]>> = {
  'ietf-dots-signal-channel:mitigation-scope': ['scope'],
  scope: ['target-prefix', 'target-port-range', 'target-protocol', 'lifetime'],
  'target-port-range': ['lower-port'],
  'ietf-dots-signal-control:acl-list': ['activation-type'],
  'ietf-dots-data-channel:acls': ['acl'],
  acls: ['acl'],
  aliases: ['alias'],
  acl: ['type', 'activation-type', 'aces'],
  aces: ['ace'],
  ace: ['matches'],
  'ietf-dots-data-channel:aliases': ['alias'],
  alias: ['target-prefix'],
  'ietf-dots-signal-channel:signal-config': ['mitigating-config', 'idle-config'],
  'mitigating-config': ['heartbeat-interval'],
  'idle-config': ['heartbeat-interval'],
  'heartbeat-interval': ['current-value'],
  'missing-hb-allowed': ['current-value'],
  'probing-rate': ['current-value'],
  'max-retransmit': ['current-value'],
  'ack-timeout': ['current-value-decimal'],
  'ack-random-factor': ['current-value-decimal'],
  'ietf-dots-signal-channel:heartbeat': ['peer-hb-status'],
  'ietf-dots-signal-channel:redirected-signal': ['alt-server', 'alt-server-record'],
  'ietf-dots-telemetry:telemetry-setup': ['telemetry'],
  telemetry: ['total-pipe-capacity'],
  'ietf-dots-telemetry:telemetry': ['pre-or-ongoing-mitigation'],
  'pre-or-ongoing-mitigation': ['target', 'total-attack-traffic'],
  target: ['target-prefix'],
  'ietf-dots-mapping:vendor-mapping': ['vendor'],
  vendor: ['vendor-name', 'attack-mapping'],
  'ietf-dots-data-channel:dots-client': ['aliases', 'acls'],
  'ietf-dots-data-channel:dots-data': ['dots-client'],
};

const ports = ['destination-port-range-or-operator', 'source-port-range-or-operator'];

/**
 * The members of an object that is seldom written without them, in the order of use, by the member that contains the
 * object. Completion offers them first, after those that are required and usual.
 */
export const memberOrder: Readonly<Record<string, readonly string[]>> = {
  scope: ['target-fqdn', 'target-uri', 'alias-name', 'ietf-dots-signal-control:acl-list'],
  alias: ['target-port-range', 'target-protocol', 'target-fqdn', 'target-uri'],
  matches: ['ipv4', 'ipv6', 'udp', 'tcp', 'icmp'],
  ipv4: ['destination-ipv4-network', 'source-ipv4-network', 'protocol', 'fragment'],
  ipv6: ['destination-ipv6-network', 'source-ipv6-network', 'protocol', 'fragment'],
  udp: ports,
  tcp: [...ports, 'flags-bitmask'],
  icmp: ['type', 'code'],
  'destination-port-range-or-operator': ['operator', 'port', 'lower-port', 'upper-port'],
  'source-port-range-or-operator': ['operator', 'port', 'lower-port', 'upper-port'],
};

/** The schema's values of a member that DOTS uses, the most usual first. */
export const usualValues: Readonly<Record<string, readonly string[]>> = {
  forwarding: ['ietf-access-control-list:drop', 'ietf-access-control-list:accept'],
  type: ['ietf-access-control-list:ipv4-acl-type', 'ietf-access-control-list:ipv6-acl-type'],
};
