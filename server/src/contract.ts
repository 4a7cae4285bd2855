/**
 * What the language server offers beyond LSP. The client and the server both import this file, and nothing else of each other.
 */
import type { JsonValue } from '#dots/model/json';
import type { Fault, Severity } from '#dots/model/finding';
import type { AliasTargets } from '#dots/workspace/definitions';
import type { Destination } from '#dots/workspace/destination';
import type { FileContext, Profile, TargetRouter } from '#dots/workspace/workspaceFile';

/**
 * `dots/documentState`, from the server: what an open document is and where it goes. Sent after each validation of a document, right
 * behind its diagnostics, where it says anything that the notification before did not.
 */
export const documentStateNotification = 'dots/documentState';

export interface DocumentState {
  uri: string;
  /** The version of the text that all of this is about. */
  version: number;
  /** The kind of DOTS document (dots/src/model/documents.ts), `workspace` or `profiles`, or null where it is none of them. */
  kind: string | null;
  /** As a person calls it, or null. */
  title: string | null;
  /** The line of the top-level member's name, from 0; null where there is none. */
  line: number | null;
  /** Whether it goes to a server or came from one, as the workspace file or else its members say; null where nothing does. */
  direction: NonNullable<FileContext['direction']> | null;
  /** How many findings it has, by itself or beside the documents that it belongs to. */
  counts: Record<Severity, number>;
  /** How many findings of severity error prevent sending: its own, or where it has none those that it would have as a request. */
  requestErrors: number;
  /** Where it goes and as whom; null for the product's own files. */
  destination: Destination | null;
  /** The client's own prefixes, as the workspace file and the profile that it names list them. */
  ownPrefixes: string[];
  /** The software that previews are written for. */
  targetRouter: TargetRouter | null;
}

/**
 * `dots/documentToSend`: a document to be sent, validated at this moment, with the files that decide where it goes as they are now.
 * What is sent is the value that was validated. null where the server has not got the document open.
 */
export const documentToSendRequest = 'dots/documentToSend';

/** The document that a request is about. */
export interface DocumentParams {
  uri: string;
}

export interface DocumentToSend {
  state: DocumentState;
  /** null where there is none. */
  value: JsonValue;
  /** What the aliases that it names stand for, as the documents define them that belong to it. */
  aliases: AliasTargets;
}

/** `dots/relatedDocuments`: what is wrong with a document, and which other documents its rules depend on. */
export const relatedDocumentsRequest = 'dots/relatedDocuments';

export interface RelatedDocuments {
  /** The findings of severity error that the document has: what they concern is no source of rules. */
  errors: Fault[];
  /** The document names aliases or ACLs, which other documents may define. */
  usesNames: boolean;
  /**
   * The URIs of the documents that define the aliases which it names; where it has no error, also those that define the
   * ACLs which it names: only then a server acts on them (RFC 9133 section 3.2.1).
   */
  definitions: string[];
  /** The paths of files that may define them too and were not read, because of their size or number. */
  leftOut: string[];
  /** The URIs of the other documents of its workspace with ACLs of the same client: rules should not drop what these accept. */
  withAcls: string[];
  /** The port of the signal channel, as the profile of the document says; null where none does. */
  signalPort: number | null;
}

/** `dots/profiles`: the server profiles of the user, as they are now. */
export const profilesRequest = 'dots/profiles';

/** A server profile; its paths are absolute. */
export interface ServerProfile extends Profile {
  name: string;
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

/**
 * `dots/activeProfile`: the profile, or `mock`, of documents for which the workspace file names none. At the start it is
 * `initializationOptions.activeProfile`.
 */
export const activeProfileNotification = 'dots/activeProfile';

export interface ActiveProfileParams {
  name: string;
}
