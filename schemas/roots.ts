/**
 * Where in the modules each kind of document has its root: a case of a structure, or a node of the data channel tree.
 */
export interface DocumentRoot {
  kind: string;
  /** `module:name` of the structure or of the top data node. */
  root: string;
  /** Names from there to the node that is the document's top-level member. */
  path: string[];
  title: string;
}

const signal = 'ietf-dots-signal-channel:dots-signal';
const telemetry = 'ietf-dots-telemetry:dots-telemetry';
const data = 'ietf-dots-data-channel:dots-data';

export const documentRoots: readonly DocumentRoot[] = [
  {
    kind: 'mitigation-scope',
    root: signal,
    path: ['message-type', 'mitigation-scope'],
    title: 'DOTS mitigation request or status (RFC 9132)',
  },
  {
    kind: 'signal-config',
    root: signal,
    path: ['message-type', 'signal-config'],
    title: 'DOTS session configuration (RFC 9132)',
  },
  {
    kind: 'redirected-signal',
    root: signal,
    path: ['message-type', 'redirected-signal'],
    title: 'DOTS redirected signaling (RFC 9132, RFC 9066)',
  },
  { kind: 'heartbeat', root: signal, path: ['message-type', 'heartbeat'], title: 'DOTS heartbeat (RFC 9132)' },
  {
    kind: 'telemetry-setup',
    root: telemetry,
    path: ['telemetry-message-type', 'telemetry-setup'],
    title: 'DOTS telemetry setup (RFC 9244)',
  },
  {
    kind: 'telemetry',
    root: telemetry,
    path: ['telemetry-message-type', 'telemetry'],
    title: 'DOTS telemetry (RFC 9244)',
  },
  { kind: 'acls', root: data, path: ['dots-client', 'acls'], title: 'DOTS filtering rules (RFC 8783)' },
  { kind: 'aliases', root: data, path: ['dots-client', 'aliases'], title: 'DOTS aliases (RFC 8783)' },
  { kind: 'dots-client', root: data, path: ['dots-client'], title: 'DOTS client registration (RFC 8783)' },
  { kind: 'dots-data', root: data, path: [], title: 'DOTS data channel tree (RFC 8783)' },
  { kind: 'capabilities', root: data, path: ['capabilities'], title: 'DOTS filtering capabilities (RFC 8783)' },
  {
    kind: 'vendor-mapping',
    root: data,
    path: ['dots-client', 'vendor-mapping'],
    title: 'DOTS vendor attack mapping (RFC 9244)',
  },
];
