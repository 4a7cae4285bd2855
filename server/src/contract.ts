/**
 * What the language server offers beyond LSP. The client and the server both import this file, and nothing else of each other.
 */

/** `dots/documentInfo`: what the document at a URI is, as far as the server knows it. */
export const documentInfoRequest = 'dots/documentInfo';

export interface DocumentInfoParams {
  uri: string;
}

export interface DocumentInfo {
  /** The kind of DOTS document (dots/src/model/documents.ts), `workspace` or `profiles`, or null where it is none of them. */
  kind: string | null;
  /** As a person calls it, or null. */
  title: string | null;
  /** How many findings of severity error it has now, by itself or beside the documents that it belongs to: a server refuses it for each. */
  errors: number;
  /** The line of the top-level member's name, from 0; null where there is none. */
  line: number | null;
}

/** `dots/documentContext`: what is known of a document besides its text, from its workspace file and the profile that it names. */
export const documentContextRequest = 'dots/documentContext';

export interface DocumentContext {
  cuid?: string;
  /** Or the sid, tsid or tmid, by the kind of the document. */
  mid?: number;
  /** Whether it goes to a server or came from one, where that is said. */
  direction?: 'request' | 'status';
  /** The name of the server profile. */
  profile?: string;
  /** The path of the workspace file; undefined where there is none. */
  workspaceFile?: string;
  ownPrefixes: string[];
  /** What previews are written for. */
  targetRouter?: 'exabgp' | 'gobgp' | 'bird';
  /** How many findings of severity error it has as a request; null where the server has not got its text, and so does not know. */
  requestErrors: number | null;
}

/** `dots/relatedDocuments`: which other documents a document needs to be understood. */
export const relatedDocumentsRequest = 'dots/relatedDocuments';

export interface RelatedDocuments {
  /** The document names aliases or ACLs, which other documents may define. */
  usesNames: boolean;
  /**
   * The URIs of the documents that define the aliases which it names; where it has no error, also those that define the
   * ACLs which it names: only then a server acts on them (RFC 9133 section 3.2.1).
   */
  definitions: string[];
  /** The paths of files that may define them too and were not read, because of their size or number. */
  leftOut: string[];
}

/** `dots/profiles`: the server profiles of the user, as they are now. */
export const profilesRequest = 'dots/profiles';

/** A server profile; its paths are absolute. */
export interface ServerProfile {
  name: string;
  signal?: string;
  data?: string;
  ca?: string;
  certificate?: string;
  key?: string;
  crl?: string;
  pskIdentity?: string;
  cuid?: string;
  production: boolean;
}

export interface ProfilesInfo {
  /** Where the profiles file is, or would be. */
  file: string;
  /** absent: there is none; faulty: it has errors, and nothing in it counts; off: the folder is not trusted. */
  state: 'read' | 'absent' | 'faulty' | 'off';
  profiles: ServerProfile[];
}

/** `dots/trusted`: the user has trusted the open folder. Before, with `initializationOptions.trusted` false, profiles are not read. */
export const trustedNotification = 'dots/trusted';
