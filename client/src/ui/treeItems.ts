import * as vscode from 'vscode';
import { rowId, type TreeNode } from './treeNode';

/** A row of the session view as a tree item of the editor: stable id, tooltip, and a name for screen readers. */
export function treeItem(node: TreeNode): vscode.TreeItem {
  const item = new vscode.TreeItem(node.label, collapsible(node));
  item.id = rowId(node);
  item.description = node.description;
  item.tooltip = node.tooltip;
  item.iconPath = new vscode.ThemeIcon(
    node.icon,
    node.color === undefined ? undefined : new vscode.ThemeColor(node.color),
  );
  item.contextValue = `dots.${node.role}`;
  item.accessibilityInformation = { label: node.spoken ?? `${node.label}: ${node.description}` };
  if (node.opens !== undefined) item.command = { command: node.opens, title: 'Open', arguments: [node] };
  return item;
}

function collapsible({ children }: TreeNode): vscode.TreeItemCollapsibleState {
  return children.length === 0 ? vscode.TreeItemCollapsibleState.None : vscode.TreeItemCollapsibleState.Expanded;
}
