import assert from 'node:assert/strict';
import { test } from 'node:test';
import { check, type CheckOptions } from '#dots/check/check';

/* Documents with as much as a case needs, and nothing else that is wrong. */

export const mitigation = (scope: object | object[]): object => ({
  'ietf-dots-signal-channel:mitigation-scope': { scope: Array.isArray(scope) ? scope : [scope] },
});
export const target = { 'target-prefix': ['192.0.2.0/24'], lifetime: 3600 };
export const ace = (matches: object, actions: object = { forwarding: 'drop' }): object => ({
  name: 'one',
  matches,
  actions,
});
export const acl = (entry: object, more: object = {}): object => ({
  'ietf-dots-data-channel:acls': { acl: [{ name: 'filter', type: 'ipv4-acl-type', aces: { ace: [entry] }, ...more }] },
});
export const config = (parameters: object): object => ({
  'ietf-dots-signal-channel:signal-config': { 'mitigating-config': parameters },
});
export const tm = (entry: object): object => ({
  'ietf-dots-telemetry:telemetry': { 'pre-or-ongoing-mitigation': [entry] },
});
export const pipe = (capacity: string): object => ({
  'ietf-dots-telemetry:telemetry-setup': {
    telemetry: [{ 'total-pipe-capacity': [{ 'link-id': 'link1', unit: 'megabit-ps', capacity }] }],
  },
});
export const redirect = (body: object): object => ({ 'ietf-dots-signal-channel:redirected-signal': body });
export const callHome = { 'ietf-dots-call-home:source-prefix': ['203.0.113.2/32'] };
export const sources = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => `203.0.113.${index}/32`);
export const conflict = (information: object): object => mitigation({ mid: 5, 'conflict-information': information });
export const alias = (members: object): object => ({
  'ietf-dots-data-channel:aliases': { alias: [{ name: 'web', ...members }] },
});
export const links = (...capacities: object[]): object => ({
  'ietf-dots-telemetry:telemetry-setup': { telemetry: [{ 'total-pipe-capacity': capacities }] },
});
export const payloads = (value: number): object => ({
  'ietf-dots-robust-trans:max-payloads': { 'current-value': value },
});
export const session = (mitigating: object, idle: object): object => ({
  'ietf-dots-signal-channel:signal-config': { 'mitigating-config': mitigating, 'idle-config': idle },
});
export const setup = (config: object): object => ({
  'ietf-dots-telemetry:telemetry-setup': { telemetry: [{ 'current-config': config }] },
});

/** Codes with the last token of their pointers, sorted: `rfc/lifetime-zero@lifetime`. */
export function codes(document: unknown, options?: CheckOptions): string[] {
  return check(document, options)
    .faults.map((fault) => `${fault.code}@${fault.pointer.split('/').at(-1) ?? ''}`)
    .sort();
}

/** A document by what is odd about it, and the codes of its faults, each with the last token of its pointer. */
export type CheckCase = [name: string, document: unknown, expected: string[]];

/** One test for each case: its faults, each with an RFC section, a sentence and a pointer. */
export function testCases(cases: readonly CheckCase[]): void {
  for (const [name, document, expected] of cases)
    test(`check: ${name}`, () => {
      assert.deepEqual(codes(document), expected);
      for (const { code, rfc, message, pointer } of check(document).faults) {
        assert.match(rfc, /^\d{4} [0-9A-Z]/, code);
        assert.match(message, /^["A-Z0-9].*[.?]$/, message);
        assert.ok(pointer === '' || pointer.startsWith('/'), pointer);
      }
    });
}
