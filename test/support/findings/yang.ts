import { ace, acl, alias, mitigation, pipe, target } from '../checkCases';
import { one, type FindingExample } from './example';

const udpAce = (members: object): object => acl(ace({ ipv4: { protocol: 17 }, udp: members }));

/** Findings by the YANG modules; several documents where their fixes differ. */
export const yangExamples: readonly FindingExample[] = [
  ...examplesOf(
    'yang/unknown-member',
    'The YANG modules have no such member here.',
    udpAce({ 'source-port': { operator: 'eq', port: 53 } }),
    mitigation({ ...target, mid: 1, colour: 'red' }),
  ),
  ...examplesOf(
    'yang/wrong-type',
    'The YANG module requires another JSON type (RFC 7951 section 6).',
    mitigation({ ...target, lifetime: '3600' }),
    mitigation({ ...target, 'target-protocol': ['udp'] }),
    mitigation({ ...target, 'target-protocol': 17 }),
    pipe(100 as never),
  ),
  ...examplesOf(
    'yang/invalid-value',
    'The value is not one of its YANG type.',
    mitigation({ ...target, 'target-prefix': ['192.0.2.1'] }),
    mitigation({ ...target, 'target-prefix': ['192.0.2.0/33'] }),
    acl(ace({ ipv4: {} }), { type: 'ipv4' }),
  ),
  {
    code: 'yang/missing-member',
    reason: 'The YANG module makes this member mandatory, or it is a key of the list.',
    files: one(mitigation({ ...target, 'target-port-range': [{ 'upper-port': 80 }] })),
  },
  {
    code: 'yang/must',
    reason: 'The YANG module has a condition on several members together.',
    files: one(mitigation({ ...target, 'target-port-range': [{ 'lower-port': 443, 'upper-port': 80 }] })),
  },
  {
    code: 'yang/choice',
    reason: 'Members of different cases of a choice exclude each other.',
    files: one(udpAce({ 'source-port-range-or-operator': { operator: 'eq', port: 53, 'lower-port': 1 } })),
  },
  {
    code: 'yang/double-entry',
    reason: 'Entries of a list differ in their keys, values of a leaf-list in themselves.',
    files: one(alias({ 'target-prefix': ['192.0.2.0/24', '192.0.2.0/24'] })),
  },
  {
    code: 'yang/bare-identity',
    reason: 'RFC 7951 writes an identity with the name of its module; reported at level strict.',
    files: one(acl(ace({ ipv4: {} }, { forwarding: 'drop' }))),
    level: 'strict',
  },
  {
    code: 'yang/not-wire-form',
    reason: 'RFC 7951 has one way to write the value; reported at level strict.',
    files: one(pipe('0100')),
    level: 'strict',
  },
  {
    code: 'yang/not-allowed-here',
    reason: 'The YANG module allows this member only beside certain other values.',
    files: one(acl(ace({ ipv6: {} }), { type: 'ipv4-acl-type' })),
  },
];

function examplesOf(code: string, reason: string, ...documents: object[]): FindingExample[] {
  return documents.map((document) => ({ code, reason, files: one(document) }));
}
