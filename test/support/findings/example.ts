/** Documents that cause one kind of finding. */
export interface FindingExample {
  /** The code of the finding. */
  code: string;
  /** Why it is reported, in one sentence. */
  reason: string;
  /** The documents by file name, as values or as texts; the first one has the finding. */
  files: Readonly<Record<string, object | string>>;
  level?: 'practice' | 'strict';
  direction?: 'request' | 'status' | undefined;
  /** The profiles of the user. */
  profiles?: object;
}

/** The first file of most examples. */
export const one = (value: object | string): FindingExample['files'] => ({ 'request.dots.json': value });
