/**
 * The schemas of the product's own files, made by hand: draft-07 for any editor, with sections of the RFCs for hover.
 */
/** One node of these schemas: the part of draft-07 that they use. */
export interface ConfigSchema {
  title?: string;
  description?: string;
  /** Absent where `anyOf` has the types. */
  type?: 'object' | 'array' | 'string' | 'integer' | 'number' | 'boolean';
  /** Alternatives of different types. */
  anyOf?: ConfigSchema[];
  properties?: Record<string, ConfigSchema>;
  required?: string[];
  /** false: no others; a schema: any name, each value so. */
  additionalProperties?: boolean | ConfigSchema;
  /** What the names of additional members look like. */
  propertyNames?: { pattern: string };
  /** The members that a member has no effect without. */
  dependencies?: Record<string, string[]>;
  items?: ConfigSchema;
  minItems?: number;
  maxItems?: number;
  /** Exactly one of these members is there. */
  oneOf?: { required: [string] }[];
  enum?: string[];
  pattern?: string;
  format?: 'ip-prefix';
  minLength?: number;
  minimum?: number;
  maximum?: number;
  default?: string | number | boolean;
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
  /**
   * What is known of the values, or of the names of additional members: codes of findings, names of profiles, servers
   * of DMSs, identifiers of clients, or the next free mid.
   */
  'x-known'?: 'codes' | 'profiles' | 'servers' | 'cuids' | 'mids';
  /** The values, or the names of additional members, are names that entries of another list of the file have. */
  'x-names'?: NamesSchema;
}

/** Names that a file defines itself. */
export interface NamesSchema {
  /** The member with the list of what is named. */
  of: 'links' | 'nodes' | 'dms';
  /** Further values. */
  also?: string[];
  /** Prefixes are values too. */
  prefixes?: boolean;
}

/** A schema with what its references lead to, `FILE#/POINTER` in another of these schemas. */
function resolved(schema: unknown, files: Readonly<Record<string, unknown>>): unknown {
  if (Array.isArray(schema)) return schema.map((item) => resolved(item, files));
  if (typeof schema !== 'object' || schema === null) return schema;
  if ('$ref' in schema && typeof schema.$ref === 'string') {
    const [file = '', pointer = ''] = schema.$ref.split('#/');
    return pointer.split('/').reduce((node, name) => (node as Record<string, unknown>)[name], files[file]);
  }
  return Object.fromEntries(Object.entries(schema).map(([name, node]) => [name, resolved(node, files)]));
}

type ConfigSchemas = Readonly<Record<'workspace' | 'profiles' | 'clients' | 'policy', ConfigSchema>>;

let policy: ConfigSchema | undefined;

/** Each is read when it is asked for: most documents are not the product's own. */
export const configSchemas: ConfigSchemas = {
  get workspace() {
    return require('./workspace.json') as ConfigSchema;
  },
  get profiles() {
    return require('./profiles.json') as ConfigSchema;
  },
  get clients() {
    return require('./clients.json') as ConfigSchema;
  },
  get policy() {
    policy ??= resolved(require('./orchestrator.json'), { 'clients.json': this.clients }) as ConfigSchema;
    return policy;
  },
};
