import { translate, type FlowspecInput, type FlowspecOptions } from '#dots/flowspec/translate';
import { documentTypeOf } from '#dots/model/documents';
import { describeError } from '#dots/model/errors';
import type { Fault } from '#dots/model/finding';
import type { TargetRouter } from '#dots/workspace/workspaceFile';
import { jsonObject } from '../editor/jsonObject';
import { flowspecText } from '../ui/flowspecText';
import { noFlowspecText } from '../ui/noFlowspecText';

/** A document by its text. */
export interface TextInput {
  file: string;
  text: string;
}

/** All that a preview is made of: plain data, which a worker thread receives as a copy. */
export interface PreviewRequest {
  document: TextInput;
  /** The document's own errors; absent while the language server is not responding. */
  errors?: readonly Fault[];
  /** The documents that define the names in it. */
  definitions: readonly TextInput[];
  /** Other documents with ACLs: rules should not drop what these accept. */
  accepting: readonly TextInput[];
  ownPrefixes: readonly string[];
  signalPort?: number;
  router?: TargetRouter;
  /** A sentence about the state of the document. */
  note?: string;
}

/** The text of a preview; undefined if the document is not valid JSON. Never throws: what goes wrong is its text. */
export function previewText(request: PreviewRequest): string | undefined {
  const { file, text } = request.document;
  const value = jsonObject(text);
  if (value === undefined) return undefined;
  if (!previewed.includes(documentTypeOf(value)?.kind))
    return noFlowspecText(
      file,
      'Only mitigation requests, ACLs and aliases become Flowspec rules; this document is of another kind.',
    );
  const { errors, router, note } = request;
  const supporting = inputsOf(request.definitions).map((input) => ({ ...input, isSupporting: true }));
  const inputs = [{ file, value, ...(errors && { faults: errors }) }, ...supporting];
  try {
    return flowspecText({
      document: file,
      inputs,
      ...translate(inputs, optionsOf(request)),
      ...(router && { router }),
      ...(note !== undefined && { note }),
    });
  } catch (error) {
    return noFlowspecText(file, describeError(error));
  }
}

/** A document of unknown kind is translated: its findings say what is wrong with it. */
const previewed = ['mitigation-scope', 'acls', 'aliases', 'dots-data', undefined] as (string | undefined)[];

function inputsOf(documents: readonly TextInput[]): FlowspecInput[] {
  return documents.flatMap(({ file, text }) => {
    const value = jsonObject(text);
    return value === undefined ? [] : [{ file, value }];
  });
}

const optionsOf = ({ ownPrefixes, accepting, signalPort }: PreviewRequest): FlowspecOptions => ({
  domain: [...ownPrefixes],
  accepting: inputsOf(accepting),
  ...(signalPort !== undefined && { signalPorts: [signalPort] }),
});
