import type { IncomingHttpHeaders } from 'node:http';
import { fail } from './failure';
import { httpDate, parseHttpDate } from './httpDate';

/** What tells one state of a resource from another: RFC 8040 sections 3.4.1, 3.5.1 and 3.5.2. */
export interface Version {
  /** Its entity tag, with its quotation marks; always a strong one. */
  tag: string;
  /** The last change of its configuration, milliseconds since 1970. */
  modified?: number;
}

type Tags = '*' | readonly string[];

/** The conditions of a request: RFC 9110 section 13.1. */
export interface Preconditions {
  match?: Tags;
  noneMatch?: Tags;
  /** Milliseconds since 1970; absent as well for a date that cannot be read, which is ignored. */
  unmodifiedSince?: number;
  modifiedSince?: number;
}

/**
 * Reads the conditions of a request. Throws a RestconfError (400) for a list of tags that is malformed: to ignore it
 * would make the change that it is to prevent.
 * @param now milliseconds since 1970
 */
export function preconditionsOf(headers: IncomingHttpHeaders, now: number): Preconditions {
  const dateIn = (text: string | undefined): number | undefined =>
    text === undefined ? undefined : parseHttpDate(text, now);
  const [match, noneMatch] = [
    tagsIn('If-Match', headers['if-match']),
    tagsIn('If-None-Match', headers['if-none-match']),
  ];
  const unmodifiedSince = dateIn(headers['if-unmodified-since']);
  const modifiedSince = dateIn(headers['if-modified-since']);
  return {
    ...(match !== undefined && { match }),
    ...(noneMatch !== undefined && { noneMatch }),
    ...(unmodifiedSince !== undefined && { unmodifiedSince }),
    ...(modifiedSince !== undefined && { modifiedSince }),
  };
}

/** RFC 9110 section 8.8.3; a tag may contain commas. */
const tagForm = /((?:W\/)?"[\x21\x23-\x7e\x80-\xff]*")/;

function tagsIn(name: string, text: string | undefined): Tags | undefined {
  if (text === undefined) return undefined;
  if (text.trim() === '*') return '*';
  const parts = text.split(tagForm);
  const tags = parts.filter((_part, index) => index % 2 === 1);
  const separators = parts.filter((_part, index) => index % 2 === 0);
  const areBetween = separators.slice(1, -1).every((separator) => separator.includes(','));
  if (tags.length > 0 && areBetween && separators.join('').replace(/[ \t,]/g, '') === '') return tags;
  throw fail(
    400,
    'invalid-value',
    `${name} must be * or a list of entity tags in quotation marks (RFC 9110 section 13.1).`,
  );
}

/** What becomes of a request: it proceeds, has a failed condition (412), or reads what the client has already (304). */
export type Outcome = 'proceed' | 'failed' | 'not-modified';

/**
 * Evaluates conditions in the order of RFC 9110 section 13.2.2.
 * @param version of the target; undefined: it does not exist
 */
export function outcomeOf(conditions: Preconditions, version: Version | undefined, isRead: boolean): Outcome {
  const { match, noneMatch, modifiedSince } = conditions;
  if (match === undefined ? isModifiedLater(conditions, version) : !isAmong(match, version)) return 'failed';
  if (noneMatch !== undefined) {
    if (!isAmong(noneMatch, version, weakly)) return 'proceed';
    return isRead ? 'not-modified' : 'failed';
  }
  const isKnown = isRead && modifiedSince !== undefined && changeAfter(modifiedSince, version) === false;
  return isKnown ? 'not-modified' : 'proceed';
}

function isModifiedLater({ unmodifiedSince }: Preconditions, version: Version | undefined): boolean {
  return unmodifiedSince !== undefined && changeAfter(unmodifiedSince, version) === true;
}

/** Whether the last change was after a moment; undefined where its time is unknown. HTTP has whole seconds. */
function changeAfter(moment: number, version: Version | undefined): boolean | undefined {
  return version?.modified === undefined ? undefined : Math.floor(version.modified / 1000) * 1000 > moment;
}

/** Weak tags are equal to none of the strong ones, unless they are compared weakly: RFC 9110 section 8.8.3.2. */
function isAmong(tags: Tags, version: Version | undefined, read: (tag: string) => string = (tag) => tag): boolean {
  if (version === undefined) return false;
  return tags === '*' || tags.some((tag) => read(tag) === version.tag);
}

const weakly = (tag: string): string => tag.replace(/^W\//, '');

/** The header fields of a version. */
export function versionHeaders(version: Version | undefined): Record<string, string> {
  if (version === undefined) return {};
  const { tag, modified } = version;
  return { ETag: tag, ...(modified !== undefined && { 'Last-Modified': httpDate(modified) }) };
}
