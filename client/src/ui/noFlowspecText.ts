import { printable } from '#dots/model/text';
import { heading, sections } from './textLayout';

/** The text of the preview while the document cannot be previewed. */
export function noFlowspecText(document: string, sentence: string): string {
  return sections(heading(`Flowspec of ${document}`), printable(sentence));
}
