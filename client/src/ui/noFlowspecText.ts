import { printable } from '#dots/model/text';
import { heading, sections } from './textLayout';

/** What stands there while the document cannot be previewed at all. */
export function noFlowspecText(document: string, sentence: string): string {
  return sections(heading(`Flowspec of ${document}`), printable(sentence));
}
