import { acl, acls, aliases, request, switches } from '../crossScene';
import type { FindingExample } from './example';

const targets = { 'target-prefix': ['192.0.2.0/24'] };

/** The settings of two requests of one client. */
const numbered = (first: number, second: number): object => ({
  files: [
    { path: 'first.dots.json', cuid: 'dz6pHjaADkaFTbjr0JGBpw', mid: first },
    { path: 'second.dots.json', cuid: 'dz6pHjaADkaFTbjr0JGBpw', mid: second },
  ],
});

const withQuirk = (quirk: string, scope: object): Pick<FindingExample, 'files' | 'profiles'> => ({
  files: {
    'request.dots.json': request(scope),
    'dots.workspace.json': { files: [{ path: 'request.dots.json', profile: 'lab' }] },
  },
  profiles: { profiles: { lab: { signal: 'coaps://dots.example.com', quirks: [quirk] } } },
});

const attack = { 'ietf-dots-telemetry:telemetry': { 'pre-or-ongoing-mitigation': [{ 'attack-detail': [{}] }] } };
const attackOf = (more: object): object => {
  const document = structuredClone(attack);
  document['ietf-dots-telemetry:telemetry']['pre-or-ongoing-mitigation'] = [
    { target: targets, 'attack-detail': [{ 'vendor-id': 32473, 'attack-id': 77, ...more }] } as never,
  ];
  return document;
};
const mapping = (id: number): object => ({
  'ietf-dots-mapping:vendor-mapping': {
    vendor: [
      {
        'vendor-id': 32473,
        'attack-mapping': [{ 'attack-id': id, 'attack-description': 'TCP SYN flood' }],
      },
    ],
  },
});

/** Findings between documents. */
export const crossExamples: readonly FindingExample[] = [
  {
    code: 'cross/ace-for-acl',
    reason: 'A request activates whole ACLs, by their name (RFC 9133 section 3.2.1).',
    files: {
      'request.dots.json': request(switches('dns-entry')),
      'acls.dots.json': acls(acl('dns')),
      'dots.workspace.json': {},
    },
  },
  {
    code: 'cross/deleted-request',
    reason: 'Of two requests of one client that overlap, a server keeps the one with the higher mid.',
    files: {
      'first.dots.json': request(targets),
      'second.dots.json': request(targets),
      'dots.workspace.json': numbered(1, 2),
    },
  },
  {
    code: 'cross/deletes-request',
    reason: 'Of two requests of one client that overlap, a server keeps the one with the higher mid.',
    files: {
      'second.dots.json': request(targets),
      'first.dots.json': request(targets),
      'dots.workspace.json': numbered(1, 2),
    },
  },
  {
    code: 'cross/described-attack',
    reason: 'A peer that has the vendor mapping must not be sent the description again.',
    files: {
      'telemetry.dots.json': attackOf({ 'attack-description': 'TCP SYN flood' }),
      'mapping.dots.json': mapping(77),
    },
  },
  {
    code: 'cross/double-mid',
    reason: 'A second request with the same mid is a refresh, which may change the lifetime only.',
    files: {
      'second.dots.json': request({ 'target-prefix': ['192.0.2.128/25'] }),
      'first.dots.json': request(targets),
      'dots.workspace.json': numbered(1, 1),
    },
  },
  {
    code: 'cross/efficacy-differs',
    reason: 'An efficacy update repeats the targets of its request.',
    files: {
      'second.dots.json': request({ 'target-prefix': ['192.0.2.128/25'], 'attack-status': 'under-attack' }),
      'first.dots.json': request(targets),
      'dots.workspace.json': numbered(1, 1),
    },
  },
  {
    code: 'cross/foreign-target',
    reason: 'A server refuses targets outside of the domain of its client.',
    files: {
      'request.dots.json': request({ 'target-prefix': ['198.51.100.0/24'] }),
      'dots.workspace.json': { 'own-prefixes': ['192.0.2.0/24'] },
    },
  },
  {
    code: 'cross/idle-acl',
    reason: 'Nothing in the workspace activates the ACL.',
    files: {
      'acls.dots.json': acls(acl('dns', { 'activation-type': 'deactivate' })),
      'dots.workspace.json': {},
    },
  },
  {
    code: 'cross/late-mid',
    reason: 'Mids only grow; near the end of their range a client starts again at 0.',
    files: {
      'first.dots.json': request(targets),
      'dots.workspace.json': { files: [{ path: 'first.dots.json', mid: 4_000_000_000 }] },
    },
  },
  {
    code: 'cross/names-must-resolve',
    reason: 'The profile says that the server fails on names it cannot resolve.',
    ...withQuirk('names-must-resolve', { 'target-fqdn': ['www.example.com'] }),
  },
  {
    code: 'cross/no-target-uri',
    reason: 'The profile says that the server refuses URIs as targets.',
    ...withQuirk('no-target-uri', { 'target-uri': ['https://www.example.com/'] }),
  },
  {
    code: 'cross/not-offered',
    reason: 'The capabilities of the server do not contain what the ACL uses.',
    files: {
      'acls.dots.json': acls(acl('dns', {}, { ipv4: { 'destination-ipv4-network': '192.0.2.0/24', dscp: 10 } })),
      'capabilities.dots.json': {
        'ietf-dots-data-channel:capabilities': {
          'address-family': ['ipv4'],
          'forwarding-actions': ['drop'],
          ipv4: { 'destination-prefix': true, dscp: false },
        },
      },
      'dots.workspace.json': {},
    },
  },
  {
    code: 'cross/overlapping-requests',
    reason: 'Of two requests of one client that overlap, a server keeps the one with the higher mid.',
    files: {
      'first.dots.json': request(targets),
      'second.dots.json': request(targets),
      'dots.workspace.json': {},
    },
  },
  {
    code: 'cross/source-prefix-required',
    reason: 'The profile says that the server refuses source ports without source prefixes.',
    ...withQuirk('source-prefix-required', {
      ...targets,
      'ietf-dots-call-home:source-port-range': [{ 'lower-port': 53 }],
    }),
  },
  {
    code: 'cross/unknown-acl',
    reason: 'A request can only activate an ACL that the server has.',
    files: {
      'request.dots.json': request(switches('dsn')),
      'acls.dots.json': acls(acl('dns')),
      'dots.workspace.json': {},
    },
  },
  {
    code: 'cross/unknown-alias',
    reason: 'A request can only name an alias that the server has.',
    files: {
      'request.dots.json': request({ 'alias-name': ['wbe'] }),
      'aliases.dots.json': aliases('web'),
      'dots.workspace.json': {},
    },
  },
  {
    code: 'cross/unknown-profile',
    reason: 'Documents are sent to the server of their profile.',
    files: { 'dots.workspace.json': { files: [{ path: '*.dots.json', profile: 'lba' }] } },
    profiles: { profiles: { lab: { signal: 'coaps://dots.example.com' } } },
  },
  {
    code: 'cross/unmapped-attack',
    reason: 'An attack id has a meaning only by the mapping of its vendor.',
    files: { 'telemetry.dots.json': attackOf({}), 'dots.workspace.json': {} },
  },
  {
    code: 'cross/unused-alias',
    reason: 'No document of the workspace uses the alias.',
    files: { 'aliases.dots.json': aliases('web'), 'dots.workspace.json': {} },
  },
];

/** Findings about files that are not read, which depend on the disk, with their reasons. */
export const unreadCodes: Readonly<Record<string, string>> = {
  'json/encoding': 'JSON is exchanged in UTF-8: save the file in it.',
  'json/too-long': 'A longer text would block the editor: split it.',
  'cross/ignored-workspace-file': 'A workspace file of another user, or above the open folder, is not used.',
  'cross/unread-documents': 'A file that is too large, or cannot be read, may define a name that is used here.',
};
