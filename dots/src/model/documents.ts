import { isObject } from './json';

/** What a document is, by its top-level member. */
export type DocumentKind =
  | 'mitigation-scope'
  | 'signal-config'
  | 'heartbeat'
  | 'redirected-signal'
  | 'telemetry-setup'
  | 'telemetry'
  | 'acls'
  | 'aliases'
  | 'dots-client'
  | 'dots-data'
  | 'capabilities'
  | 'vendor-mapping';

/** What is known of a document kind regardless of its content. */
export interface DocumentType {
  kind: DocumentKind;
  /** The member that makes a document one of this kind. */
  topMember: string;
  /** Its name in messages. */
  title: string;
  /** The section that defines it. */
  rfc: string;
  /** Which channel carries it; only the signal channel has a CBOR form. */
  channel: 'signal' | 'data';
}

/** Every kind of DOTS document, the most common first. */
export const documentTypes: readonly DocumentType[] = [
  {
    kind: 'mitigation-scope',
    topMember: 'ietf-dots-signal-channel:mitigation-scope',
    title: 'mitigation request',
    rfc: '9132 4.4.1',
    channel: 'signal',
  },
  {
    kind: 'acls',
    topMember: 'ietf-dots-data-channel:acls',
    title: 'filtering rules (ACLs)',
    rfc: '8783 7',
    channel: 'data',
  },
  { kind: 'aliases', topMember: 'ietf-dots-data-channel:aliases', title: 'aliases', rfc: '8783 6', channel: 'data' },
  {
    kind: 'signal-config',
    topMember: 'ietf-dots-signal-channel:signal-config',
    title: 'session configuration',
    rfc: '9132 4.5',
    channel: 'signal',
  },
  {
    kind: 'heartbeat',
    topMember: 'ietf-dots-signal-channel:heartbeat',
    title: 'heartbeat',
    rfc: '9132 4.7',
    channel: 'signal',
  },
  {
    kind: 'redirected-signal',
    topMember: 'ietf-dots-signal-channel:redirected-signal',
    title: 'redirected signaling',
    rfc: '9132 4.6',
    channel: 'signal',
  },
  {
    kind: 'telemetry-setup',
    topMember: 'ietf-dots-telemetry:telemetry-setup',
    title: 'telemetry setup',
    rfc: '9244 7',
    channel: 'signal',
  },
  {
    kind: 'telemetry',
    topMember: 'ietf-dots-telemetry:telemetry',
    title: 'telemetry',
    rfc: '9244 8',
    channel: 'signal',
  },
  {
    kind: 'dots-client',
    topMember: 'ietf-dots-data-channel:dots-client',
    title: 'client registration',
    rfc: '8783 5',
    channel: 'data',
  },
  {
    kind: 'dots-data',
    topMember: 'ietf-dots-data-channel:dots-data',
    title: 'data channel tree',
    rfc: '8783 4.1',
    channel: 'data',
  },
  {
    kind: 'capabilities',
    topMember: 'ietf-dots-data-channel:capabilities',
    title: 'filtering capabilities',
    rfc: '8783 7.1',
    channel: 'data',
  },
  {
    kind: 'vendor-mapping',
    topMember: 'ietf-dots-mapping:vendor-mapping',
    title: 'vendor attack mapping',
    rfc: '9244 8.1.6',
    channel: 'data',
  },
];

/** The type of a parsed document by its top-level member, or undefined for a document of no known kind. */
export function documentTypeOf(value: unknown): DocumentType | undefined {
  if (!isObject(value)) return undefined;
  return documentTypes.find((type) => Object.hasOwn(value, type.topMember));
}

/** The type with this kind. */
export function documentType(kind: DocumentKind): DocumentType {
  return documentTypes.find((type) => type.kind === kind) as DocumentType;
}
