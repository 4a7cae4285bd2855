/**
 * Names people write for other names: members of drafts that the RFCs renamed, and members that belong elsewhere. Data,
 * so that another mistake is one line.
 */
interface Known {
  name: string;
  within?: string;
  use?: string;
  message: string;
  rfc: string;
}

const known: readonly Known[] = [
  {
    name: 'source-port',
    use: 'source-port-range-or-operator',
    message: 'this name is from before RFC 8783',
    rfc: '8783 4.3',
  },
  {
    name: 'destination-port',
    use: 'destination-port-range-or-operator',
    message: 'this name is from before RFC 8783',
    rfc: '8783 4.3',
  },
  {
    name: 'source-port',
    use: 'ietf-dots-call-home:source-port-range',
    message: 'sources are named by the Call Home members',
    rfc: '9066 5.3.1',
  },
  {
    name: 'source-icmp-type',
    use: 'ietf-dots-call-home:source-icmp-type-range',
    message: 'sources are named by the Call Home members',
    rfc: '9066 5.3.1',
  },
  { name: 'target-port', use: 'target-port-range', message: 'ports are written as ranges', rfc: '9132 4.4.1.1' },
  { name: 'actions', within: 'matches', message: '"actions" belongs beside "matches", not inside it', rfc: '8783 7.2' },
  {
    name: 'target-protocol',
    within: 'pre-or-ongoing-mitigation',
    message: '"target-protocol" belongs inside "target"',
    rfc: '9244 8.1',
  },
  { name: 'cuid', message: 'the cuid travels in the Uri-Path, never in the body', rfc: '9132 4.4.1.1' },
  { name: 'cdid', message: 'the cdid is added to the Uri-Path by a gateway, never to the body', rfc: '9132 4.4.1.2' },
  { name: 'mid', message: 'the mid travels in the Uri-Path of a request', rfc: '9132 4.4.1.1' },
  { name: 'sid', message: 'the sid travels in the Uri-Path', rfc: '9132 4.5.2' },
  { name: 'tsid', message: 'the tsid travels in the Uri-Path of a request', rfc: '9244 7.1.2' },
  { name: 'tmid', message: 'the tmid travels in the Uri-Path of a request', rfc: '9244 8.2' },
];

/** The advice on a member that the schema does not have. */
export interface Near {
  sentence: string;
  rfc?: string;
  /** The name to write, if it is known. */
  use?: string;
  /** It is the same member under another name; otherwise it is a guess. */
  isSame?: boolean;
}

/** The member names that were probably meant, or where the member belongs instead. */
export function nearMember(name: string, members: readonly string[], within: string): Near {
  const entry = known.find(
    (one) =>
      one.name === name &&
      (one.within === undefined || one.within === within) &&
      (one.use === undefined || members.includes(one.use)),
  );
  if (entry) {
    const use = entry.use === undefined ? '' : `; write "${entry.use}"`;
    const same = entry.use === undefined ? {} : { use: entry.use, isSame: true };
    return { sentence: `${entry.message}${use}.`, rfc: entry.rfc, ...same };
  }
  const prefixed = members.find((member) => member.endsWith(`:${name}`));
  if (prefixed !== undefined)
    return {
      sentence: `write "${prefixed}": another module adds this member, so its name carries the module's name.`,
      rfc: '7951 4',
      use: prefixed,
      isSame: true,
    };
  const bare = name.slice(name.indexOf(':') + 1);
  if (bare !== name && members.includes(bare))
    return {
      sentence: `write "${bare}": here the member belongs to the same module as its parent.`,
      rfc: '7951 4',
      use: bare,
      isSame: true,
    };
  const close = closest(name, members);
  return close === undefined
    ? { sentence: `the members here are ${listed(members)}.` }
    : { sentence: `did you mean "${close}"?`, use: close };
}

function listed(members: readonly string[]): string {
  const shown = members
    .slice(0, 10)
    .map((member) => `"${member}"`)
    .join(', ');
  return members.length > 10 ? `${shown}, ...` : shown;
}

/** The candidate that differs least from the name, if it differs in at most a third of its letters. */
export function closest(name: string, candidates: readonly string[]): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.floor(name.length / 3) + 1;
  for (const candidate of candidates) {
    const distance = editDistance(name, candidate, bestDistance);
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best;
}

/** Levenshtein distance, or `limit` as soon as it cannot be less. */
function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) >= limit) return limit;
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = (previous[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(change, (previous[j] as number) + 1, (row[j - 1] as number) + 1));
    }
    if (Math.min(...row) >= limit) return limit;
    previous = row;
  }
  return previous[b.length] as number;
}
