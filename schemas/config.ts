/**
 * The schemas of the product's own files, made by hand: draft-07 for any editor, with sections of the RFCs for hover.
 */
import clients from './clients.json';
import profiles from './profiles.json';
import workspace from './workspace.json';

/** One node of these schemas: the part of draft-07 that they use. */
export interface ConfigSchema {
  title?: string;
  description?: string;
  type: 'object' | 'array' | 'string' | 'integer' | 'boolean';
  properties?: Record<string, ConfigSchema>;
  required?: string[];
  /** false: no others; a schema: any name, each value so. */
  additionalProperties?: boolean | ConfigSchema;
  /** What the names of additional members look like. */
  propertyNames?: { pattern: string };
  /** The members that a member has no effect without. */
  dependencies?: Record<string, string[]>;
  items?: ConfigSchema;
  enum?: string[];
  pattern?: string;
  format?: 'ip-prefix';
  minLength?: number;
  minimum?: number;
  maximum?: number;
  default?: string | boolean;
  /** Exactly one of the members is there. */
  'x-one-member'?: true;
  /** RFC number and section to read about the member. */
  'x-rfc'?: string;
  /** What the value must be, for the end of a sentence. */
  'x-expected'?: string;
  /** What additional names must be, for the end of a sentence. */
  'x-expected-names'?: string;
  /** What each value of `enum` means. */
  'x-enum-descriptions'?: string[];
  /** What is known of the values, or of the names of additional members: codes of findings, or names of profiles. */
  'x-known'?: 'codes' | 'profiles';
}

export const configSchemas = { workspace, profiles, clients } as unknown as Readonly<
  Record<'workspace' | 'profiles' | 'clients', ConfigSchema>
>;
