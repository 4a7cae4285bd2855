/**
 * What the language server offers beyond LSP. The client and the server both import this file, and nothing else of each other.
 */

/** `dots/documentInfo`: what the document at a URI is, as far as the server knows it. */
export const documentInfoRequest = 'dots/documentInfo';

export interface DocumentInfoParams { uri: string }

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
