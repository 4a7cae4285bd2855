import { documentTypeOf } from '#dots/model/documents';
import { rfcLabel, rfcUrl, type Range } from '#dots/model/finding';
import { child } from '#dots/model/pointer';
import type { ParsedDocument } from '../documents/document';

/** A part of a text that leads to a section of an RFC. */
export interface DocumentLink {
  range: Range;
  target: string;
  tooltip: string;
}

/** The most links of one text. */
const mostLinks = 1000;

const mention = /\bRFC ?(\d{3,5})(?:,? section (\d+(?:\.\d+)*|[A-Z](?:\.\d+)*))?/g;

/**
 * Links to RFC sections: of the top-level member, and where a comment or a string names one, as "RFC 9132 section 4.4".
 */
export function links(document: ParsedDocument): DocumentLink[] {
  if (document.beyondLimits) return [];
  return [...ofKind(document), ...mentions(document)];
}

function ofKind(document: ParsedDocument): DocumentLink[] {
  const type = documentTypeOf(document.value);
  const range = type === undefined ? undefined : document.locate(child('', type.topMember), true);
  return type === undefined || range === undefined ? [] : [linkTo(range, type.rfc)];
}

function mentions(document: ParsedDocument): DocumentLink[] {
  const found: DocumentLink[] = [];
  for (const { 0: words, 1: number = '', 2: section, index } of document.text.matchAll(mention)) {
    if (found.length === mostLinks) break;
    const range = document.range({ start: index, end: index + words.length });
    found.push(linkTo(range, section === undefined ? number : `${number} ${section}`));
  }
  return found;
}

const linkTo = (range: Range, reference: string): DocumentLink => ({
  range,
  target: rfcUrl(reference),
  tooltip: rfcLabel(reference),
});
