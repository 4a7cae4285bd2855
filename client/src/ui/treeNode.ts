import { printable } from '#dots/model/text';

/** An alias or an ACL on a server, and which client's it is. */
export interface EntryRef {
  container: 'aliases' | 'acls';
  name: string;
  cuid: string;
  /** The profile of the server, or `mock`. */
  session: string;
}

/** One row of the session view, before it becomes a tree item of the editor. */
export interface TreeNode {
  /** Constant while the row represents the same object. */
  id: string;
  label: string;
  description: string;
  tooltip: string;
  /** The name of a codicon, and a theme colour for it. */
  icon: string;
  color?: string;
  /** The actions of the row: `contextValue` of the editor. */
  role:
    | 'session'
    | 'mitigation'
    | 'foreign'
    | 'ending'
    | 'ended'
    | 'orchestrator'
    | 'waiting'
    | 'dms'
    | 'node'
    | 'attack'
    | 'acl'
    | 'alias'
    | 'fact';
  /** What a screen reader says, where that is more than the label and the description. */
  spoken?: string;
  /** The command that Enter or a click runs; it receives the row. */
  opens?: string;
  mid?: number;
  /** The number of a document that is being sent. */
  waiting?: number;
  /** The name of what it shows, in the policy of the orchestrator. */
  subject?: string;
  /** The alias or the ACL that it is. */
  entry?: EntryRef;
  /** The name of the session that it belongs to. */
  session?: string;
  children: TreeNode[];
}

/** A row without children; `tooltip` is already split into lines. */
export function fact(id: string, label: string, description: string, icon: string, tooltip: string): TreeNode {
  return {
    id,
    role: 'fact',
    label: printable(label),
    description: printable(description),
    tooltip,
    icon,
    children: [],
  };
}

/** The id of a row in the editor. It keeps a row collapsed that had none below it at first: with some it is another. */
export const rowId = ({ id, children }: TreeNode): string => (children.length === 0 ? id : `${id}/`);
