/** The names of the parts of a server's state in its rules in force. */
export interface SourceNames {
  /** For a narrow column. */
  short(file: string): string;
  /** For the place of a finding; empty if the rest of the place is sufficient. */
  long(file: string): string;
}

/** Names for `client CUID` and `mitigation MID of CUID`; the cuid is included only if there are several. */
export function liveNames(files: readonly string[]): SourceNames {
  const clients = new Set(files.map((file) => /\S+$/.exec(file)?.[0]));
  const cuid = (file: string): string => (clients.size > 1 ? ` of ${/\S+$/.exec(file)?.[0] ?? ''}` : '');
  const isClient = (file: string): boolean => file.startsWith('client ');
  return {
    short: (file) => (isClient(file) ? 'ACL' : 'mitigation'),
    long: (file) => (isClient(file) ? (clients.size > 1 ? file : '') : `${file.replace(/ of \S+$/, '')}${cuid(file)}`),
  };
}
