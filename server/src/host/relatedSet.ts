import type { Member } from '#dots/workspace/documentSet';
import type { IndexEntry } from '#service/service';

/** A document of a set, by its name for the caller. */
export type SetMember = Member & IndexEntry;

/** Documents that belong together. */
export interface RelatedSet {
  /** Equal for all documents of the set. */
  key: string;
  members: readonly SetMember[];
  byFile: ReadonlyMap<string, SetMember>;
  /** The set is complete: a workspace file determines which documents belong together, and all were read. */
  complete: boolean;
  /** false: documents on disk are still being read. */
  isLoaded: boolean;
  /** The paths of files that were not read. */
  leftOut: readonly string[];
}
