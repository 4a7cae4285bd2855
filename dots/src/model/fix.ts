import type { JsonValue } from './json';

/** A change of a JSON value; places are JSON pointers into the value before all changes of its fix. */
export type Edit =
  | { op: 'replace'; pointer: string; value: JsonValue }
  | { op: 'remove'; pointer: string }
  | { op: 'rename'; pointer: string; name: string }
  /** Adds a member to the object at `pointer`. */
  | { op: 'add'; pointer: string; name: string; value: JsonValue }
  /** Adds an entry at the end of the list at `pointer`. */
  | { op: 'append'; pointer: string; value: JsonValue };

/** A way to remove a fault. */
export interface Fix {
  /** What it does, as a command: `Write "udp" as 17`. */
  title: string;
  edits: Edit[];
  /** The document means the same afterwards, as far as its meaning was clear: `Fix all` applies it. */
  keepsMeaning: boolean;
  /** Documents to add beside the fixed one. */
  documents?: JsonValue[];
}
