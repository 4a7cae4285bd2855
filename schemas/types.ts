/**
 * The shape of the generated schemas: JSON Schema (draft-07) for any editor, with `x-yang` for what JSON Schema cannot
 * say. `schemas/generate.ts` writes it; the checks, the CBOR codec, completion and hover read it.
 */

/** One of the YANG built-in types (RFC 7950 section 9). */
export type YangBase =
  | 'int8'
  | 'int16'
  | 'int32'
  | 'int64'
  | 'uint8'
  | 'uint16'
  | 'uint32'
  | 'uint64'
  | 'decimal64'
  | 'string'
  | 'boolean'
  | 'enumeration'
  | 'bits'
  | 'binary'
  | 'identityref'
  | 'leafref'
  | 'union'
  | 'empty';

/** A leaf's type, resolved to its built-in base. */
export interface YangType {
  base: YangBase;
  /** The typedef it came through, as `module:name`, outermost first named. */
  name?: string;
  /** enumeration: label to number, in the order of the module. */
  enums?: Record<string, number>;
  /** bits: names in position order. */
  bits?: string[];
  /** identityref: every identity that fits, as `module:name`. */
  identities?: string[];
  /** decimal64: digits after the point. */
  fractionDigits?: number;
  /** union: its members, in order. */
  members?: YangType[];
  /** Numeric bounds, inclusive; a list of [low, high] as decimal strings. */
  range?: [string, string][];
  /** binary: the least and the largest number of octets. */
  octets?: [number, number];
}

/** A `when` or `must` expression, translated from XPath; paths are relative to the node that carries it. */
export type YangExpression =
  | { op: '>=' | '<='; left: string; right: string }
  | { op: '='; path: string; value: string }
  | {
      op: 'derived-from-or-self';
      path: string;
      identity: string;
      /** The identity and all that derive from it, as `module:name`. */ identities: string[];
    };

/** A YANG choice among the members of one object: at most one case may be present. */
export interface YangChoice {
  name: string;
  /** Case name to the member names (as on the wire) that belong to it. */
  cases: Record<string, string[]>;
}

/** What JSON Schema cannot say about one data node. */
export interface XYang {
  node: 'container' | 'list' | 'leaf' | 'leaf-list';
  /** The YANG module that defines the node. */
  module: string;
  type?: YangType;
  units?: string;
  default?: string;
  /** false: state data, which a client must not send on the data channel. */
  config?: false;
  presence?: true;
  mandatory?: true;
  /** list: the names of its key leafs. */
  keys?: string[];
  orderedBy?: 'user';
  choices?: YangChoice[];
  when?: YangExpression;
  must?: YangExpression[];
}

/** One node of a generated schema. */
export interface SchemaNode {
  $schema?: string;
  $id?: string;
  $ref?: string;
  title?: string;
  description?: string;
  type?: 'object' | 'array' | 'string' | 'integer' | 'number' | 'boolean';
  properties?: Record<string, SchemaNode>;
  required?: string[];
  dependencies?: Record<string, string[]>;
  additionalProperties?: boolean;
  items?: SchemaNode;
  uniqueItems?: boolean;
  enum?: (string | number)[];
  const?: string | number;
  pattern?: string;
  allOf?: SchemaNode[];
  anyOf?: SchemaNode[];
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  minItems?: number;
  maxItems?: number;
  definitions?: Record<string, SchemaNode>;
  'x-yang'?: XYang;
}
