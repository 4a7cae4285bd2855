/** Shows the Problems view; `workbench.actions.view.problems` would hide it where it has the focus. */
export const showProblems = 'workbench.panel.markers.view.focus';

/** A link above a document. */
export interface DocumentAction {
  title: string;
  tooltip: string;
  command: string;
  /** What the command receives, where that is not the URI of the document. */
  args?: readonly unknown[];
  /** Whether it sends the document, not why it cannot. */
  sends?: true;
}
