import * as vscode from 'vscode';
import type { Fault } from '#dots/model/finding';
import type { LanguageServer } from '../editor/languageClient';
import type { TextInput } from './previewText';

/** The content of a file with this stamp. */
interface Known {
  stamp: string;
  input: TextInput;
}

/** The documents and errors that the rules of a document depend on. */
export interface Needed {
  /** The document's own errors; absent while the language server is not responding. */
  errors?: readonly Fault[];
  /** It names aliases or ACLs, which other documents may define. */
  usesNames: boolean;
  /** The documents that define them. */
  definitions: TextInput[];
  /** Other documents with ACLs: rules should not drop what these accept. */
  accepting: TextInput[];
  /** The port of the own signal channel, if a profile has it. */
  signalPort?: number;
}

/**
 * The documents that define the aliases and ACLs which others name; the language server determines them. A file is read
 * again only when it has changed: previews are updated at every pause in the typing.
 */
export class Definitions {
  private readonly known = new Map<string, Known>();

  constructor(private readonly language: LanguageServer) {}

  /** The definitions that a document needs; unsaved text takes precedence over the file. */
  async neededBy(source: vscode.TextDocument): Promise<Needed> {
    const related = await this.language.relatedDocuments(source.uri);
    if (related === undefined) return { usesNames: false, definitions: [], accepting: [] };
    const { errors, usesNames, withAcls, signalPort } = related;
    const definitions = await this.inputsAt(related.definitions);
    const accepting = await this.inputsAt(withAcls.filter((uri) => !related.definitions.includes(uri)));
    return { errors, usesNames, definitions, accepting, ...(signalPort !== null && { signalPort }) };
  }

  private inputsAt(uris: readonly string[]): Promise<TextInput[]> {
    return Promise.all(uris.map((uri) => this.inputAt(vscode.Uri.parse(uri))));
  }

  clear(): void {
    this.known.clear();
  }

  private async inputAt(uri: vscode.Uri): Promise<TextInput> {
    const key = uri.toString();
    const open = vscode.workspace.textDocuments.find((document) => document.uri.toString() === key);
    if (open !== undefined) return inputOf(uri, open.getText());
    const stamp = await fileStamp(uri);
    const known = this.known.get(key);
    if (known !== undefined && known.stamp === stamp) return known.input;
    const input = inputOf(uri, await textAt(uri));
    this.known.set(key, { stamp, input });
    return input;
  }
}

const inputOf = (uri: vscode.Uri, text: string): TextInput => ({ file: vscode.workspace.asRelativePath(uri), text });

/** A deleted file has its own stamp. */
async function fileStamp(uri: vscode.Uri): Promise<string> {
  return vscode.workspace.fs.stat(uri).then(
    ({ mtime, size }) => `${mtime} ${size}`,
    () => 'absent',
  );
}

async function textAt(uri: vscode.Uri): Promise<string> {
  return vscode.workspace.fs.readFile(uri).then(
    (bytes) => new TextDecoder().decode(bytes),
    () => '',
  );
}
