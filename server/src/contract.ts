/**
 * What the language server offers beyond LSP. The client and the server both import this file, and nothing else of each
 * other.
 */
import type { JsonValue } from '#dots/model/json';
import type { Fault, Severity } from '#dots/model/finding';
import type { AliasTargets } from '#dots/workspace/definitions';
import type { Destination } from '#dots/workspace/destination';
import type { FileContext, Profile, TargetRouter } from '#dots/workspace/workspaceFile';

/**
 * `dots/documentState`, from the server: the kind and the target of an open document. Sent after each validation of a
 * document, right after its diagnostics, if it differs from the previous notification.
 */
export const documentStateNotification = 'dots/documentState';

export interface DocumentState {
  uri: string;
  /** The version of the text that this describes. */
  version: number;
  /**
   * The kind of DOTS document (dots/src/model/documents.ts), `workspace` or `profiles`, or null if it is none of them.
   */
  kind: string | null;
  /** Its name in messages, or null. */
  title: string | null;
  /** The line of the top-level member's name, from 0; null where there is none. */
  line: number | null;
  /** Whether it goes to a server or came from one, by the workspace file or else its members; null if unknown. */
  direction: NonNullable<FileContext['direction']> | null;
  /** How many findings it has, alone or together with the related documents. */
  counts: Record<Severity, number>;
  /**
   * How many findings of severity error prevent sending: its own, or if it has none, those that it would have as a
   * request.
   */
  requestErrors: number;
  /** Its target and the client identity; null for the product's own files. */
  destination: Destination | null;
  /** The client's own prefixes, from the workspace file and the profile that it names. */
  ownPrefixes: string[];
  /** The router software of previews. */
  targetRouter: TargetRouter | null;
}

/**
 * `dots/documentToSend`: a document to be sent, validated at this moment, with the current files that determine its
 * target. Exactly the validated value is sent. null if the document is not open in the server.
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
  /** The targets of the aliases that it names, as the related documents define them. */
  aliases: AliasTargets;
}

/** `dots/relatedDocuments`: the errors of a document, and which other documents its rules depend on. */
export const relatedDocumentsRequest = 'dots/relatedDocuments';

export interface RelatedDocuments {
  /** The findings of severity error of the document: the parts that they concern become no rules. */
  errors: Fault[];
  /** The document names aliases or ACLs, which other documents may define. */
  usesNames: boolean;
  /**
   * The URIs of the documents that define the aliases which it names; if it has no error, also those that define the
   * ACLs which it names: only then a server changes them (RFC 9133 section 3.2.1).
   */
  definitions: string[];
  /** The paths of files that may define them too and were not read, because of their size or number. */
  leftOut: string[];
  /**
   * The URIs of the other documents of its workspace with ACLs of the same client: rules should not drop what these
   * accept.
   */
  withAcls: string[];
  /** The port of the signal channel, from the profile of the document; null if there is none. */
  signalPort: number | null;
}

/** `dots/profiles`: the server profiles of the user, as they are now. */
export const profilesRequest = 'dots/profiles';

/** A server profile; its paths are absolute. */
export interface ServerProfile extends Profile {
  name: string;
}

export interface ProfilesInfo {
  /** The path of the profiles file, even if it does not exist. */
  file: string;
  /** absent: there is none; faulty: it has errors, and is not used at all; off: the folder is not trusted. */
  state: 'read' | 'absent' | 'faulty' | 'off';
  profiles: ServerProfile[];
}

/**
 * `dots/trusted`: the user has trusted the open folder. Before, with `initializationOptions.trusted` false, profiles
 * are not read.
 */
export const trustedNotification = 'dots/trusted';

/**
 * `dots/activeProfile`: the profile, or `mock`, of documents for which the workspace file names none. Initially
 * `initializationOptions.activeProfile`.
 */
export const activeProfileNotification = 'dots/activeProfile';

export interface ActiveProfileParams {
  name: string;
}
