import type { JsonObject, JsonValue } from '#dots/model/json';

/** A rule of an RFC that YANG does not express, and documents at both sides of its border. */
export interface RfcRule {
  /** The finding, without its class. */
  code: string;
  section: string;
  rule: string;
  /** A request that violates it. */
  violates: JsonObject;
  /** Its nearest neighbour that does not. */
  keeps: JsonObject;
  /** Whose document it is; a request unless said otherwise. */
  direction?: 'request' | 'status';
}

/* Documents around the members that a rule is about. */

export const scope = (members: JsonObject): JsonObject => ({
  'ietf-dots-signal-channel:mitigation-scope': { scope: [members] },
});
export const request = (members: JsonObject): JsonObject =>
  scope({ 'target-prefix': ['192.0.2.0/24'], lifetime: 3600, ...members });
export const config = (members: JsonObject): JsonObject => ({
  'ietf-dots-signal-channel:signal-config': { 'mitigating-config': members },
});
export const decimal = (value: string): JsonObject => ({ 'current-value-decimal': value });
export const setup = (members: JsonObject): JsonObject => ({
  'ietf-dots-telemetry:telemetry-setup': { telemetry: [members] },
});
export const telemetry = (members: JsonObject): JsonObject => ({
  'ietf-dots-telemetry:telemetry': { 'pre-or-ongoing-mitigation': [members] },
});
export const redirect = (members: JsonObject): JsonObject => ({
  'ietf-dots-signal-channel:redirected-signal': members,
});
export const alias = (members: JsonObject): JsonObject => ({
  'ietf-dots-data-channel:aliases': { alias: [{ name: 'a', ...members }] },
});
export const clients = (...list: JsonObject[]): JsonObject => ({
  'ietf-dots-data-channel:dots-data': { 'dots-client': list },
});
export const acl = (
  matches: JsonObject,
  actions: JsonObject = { forwarding: 'drop' },
  type = 'ipv4-acl-type',
  activation = 'activate-when-mitigating',
): JsonObject => ({
  'ietf-dots-data-channel:acls': {
    acl: [
      {
        name: 'a',
        type,
        'activation-type': activation,
        aces: { ace: [{ name: 'r', matches, actions }] },
      },
    ],
  },
});
export const ipv4 = (members: JsonObject = {}): JsonObject => ({
  ipv4: { 'destination-ipv4-network': '192.0.2.0/24', ...members },
});
export const pipe = (unit: string, capacity: string): JsonObject => ({ 'link-id': 'l', unit, capacity });
export const update: JsonObject = { 'attack-status': 'under-attack' };
export const aclList: JsonValue = [{ 'acl-name': 'a', 'activation-type': 'immediate' }];
