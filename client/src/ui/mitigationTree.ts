import { printable } from '#dots/model/text';
import { conflictSentences } from '#dots/words/conflicts';
import type { MitigationStatusWords } from '#dots/words/mitigationStatuses';
import { bitRate, count, duration, traffic } from '#dots/words/quantities';
import { shortTarget, targetWords } from '#dots/words/targets';
import { remaining, type Mitigation } from './mitigation';
import { coarse, timeWords, wordsOf } from './mitigationWords';
import { statusIcon } from './statusIcons';
import { lined } from './textLayout';
import { fact, type TreeNode } from './treeNode';

/** The server of a mitigation, and this client there. */
interface Place {
  name: string;
  cuid: string;
}

/** A mitigation: target, remaining lifetime and rate; its icon is its status. `now`: milliseconds since 1970. */
export function mitigationNode(mitigation: Mitigation, now: number, { name, cuid }: Place): TreeNode {
  const { mid, record } = mitigation;
  const words = wordsOf(mitigation);
  const id = `mitigation/${name}/${mid}`;
  const target = printable(shortTarget(mitigation.scope));
  const description = printable(rowWords(mitigation, words, now));
  return {
    id,
    role: roleOf(mitigation, words),
    mid,
    session: name,
    label: target,
    description,
    spoken: printable(`Mitigation of ${target}: ${[...new Set([words.short, description])].join(', ')}`),
    ...(record && { opens: 'dots.openDocument' }),
    tooltip: lined(
      words.sentence,
      `Targets: ${targetWords(mitigation.scope)}`,
      ...aliasLines(mitigation),
      `mid: ${mid}`,
      `Reported ${duration((now - mitigation.reportedAt) / 1000)} ago`,
    ),
    ...(mitigation.unanswered ? { icon: 'question', color: 'charts.yellow' } : statusIcon(mitigation.status)),
    children: [
      fact(
        `${id}/status`,
        'Status',
        words.short,
        'pulse',
        lined(words.sentence, `In the protocol: ${mitigation.status}`),
      ),
      ...conflictNodes(mitigation, id),
      ...startedNodes(mitigation, now, id),
      ...(words.ending
        ? droppedNodes(mitigation, id).slice(0, 1)
        : [lifetimeNode(mitigation, now, id), ...droppedNodes(mitigation, id)]),
      ...documentNodes(mitigation, name, id),
      fact(`${id}/mid`, 'mid', String(mid), 'key', 'The number of this request among those of this client.'),
      fact(`${id}/cuid`, 'cuid', cuid, 'account', 'The identifier of this client at the server.'),
    ],
  };
}

function roleOf({ ended, record }: Mitigation, { ending }: MitigationStatusWords): TreeNode['role'] {
  if (ended !== undefined) return 'ended';
  if (ending) return 'ending';
  return record === undefined ? 'foreign' : 'mitigation';
}

/** Statuses of which the icon says enough in a row. */
const usual: ReadonlySet<string> = new Set(['attack-successfully-mitigated']);

/** Statuses that matter more than the time that is left. */
const urgent: ReadonlySet<string> = new Set(['attack-exceeded-capability', 'attack-stopped']);

/** What matters most comes first: a narrow view cuts off the rest. */
function rowWords(mitigation: Mitigation, { short, ending }: MitigationStatusWords, now: number): string {
  if (ending) return short;
  const { status, unanswered, dropped } = mitigation;
  const { octetsPerSecond = 0 } = dropped ?? {};
  const rate = octetsPerSecond > 0 ? [bitRate(octetsPerSecond)] : [];
  const facts = [timeWords(mitigation, now), ...rate];
  if (unanswered === true || urgent.has(status)) return [short, ...facts].join(', ');
  return [...facts, ...(usual.has(status) ? [] : [short])].join(', ');
}

/** What the server reports to be in conflict with it (RFC 9132 section 4.4.1.3). */
const conflictNodes = ({ scope }: Mitigation, id: string): TreeNode[] =>
  conflictSentences([scope]).map((sentence, index) =>
    fact(`${id}/conflict/${index}`, 'Conflict', sentence, 'warning', lined(sentence)),
  );

const startedNodes = ({ record }: Mitigation, now: number, id: string): TreeNode[] =>
  record?.startedAt === undefined
    ? []
    : [
        fact(
          `${id}/started`,
          'Started',
          `${coarse(Math.max(0, (now - record.startedAt) / 1000))} ago`,
          'history',
          `The server accepted it at ${new Date(record.startedAt).toISOString()}.`,
        ),
      ];

function documentNodes({ mid, record }: Mitigation, session: string, id: string): TreeNode[] {
  if (record === undefined)
    return [
      fact(
        `${id}/document`,
        'Document',
        'not in the ledger',
        'file',
        'It was not requested from this machine, so it can be withdrawn but not renewed here.',
      ),
    ];
  const file = record.file?.slice(record.file.lastIndexOf('/') + 1) ?? 'without a file';
  const row = fact(`${id}/document`, 'Document', file, 'file', lined(record.file ?? 'It was sent without a file.'));
  return [{ ...row, mid, session, opens: 'dots.openDocument' }];
}

/** The targets of the aliases when the request was sent: the server may have others of the same name. */
const aliasLines = ({ aliases = {} }: Mitigation): string[] =>
  Object.entries(aliases).map(
    ([name, targets]) => `Alias ${name}, as your documents define it: ${targets.join(', ') || 'no target'}`,
  );

function lifetimeNode(mitigation: Mitigation, now: number, id: string): TreeNode {
  return fact(
    `${id}/lifetime`,
    'Lifetime',
    lifetimeWords(mitigation, remaining(mitigation, now)),
    'clock',
    'The mitigation ends when its lifetime expires, unless the request is sent again.',
  );
}

/** The total dropped, then the rate. */
function droppedNodes({ dropped }: Mitigation, id: string): TreeNode[] {
  if (dropped === undefined)
    return [
      fact(
        `${id}/dropped`,
        'Dropped',
        'not reported yet',
        'filter',
        'The server has not reported yet how much it dropped.',
      ),
    ];
  return [
    fact(
      `${id}/dropped`,
      'Dropped',
      `${traffic(dropped.octets)}, ${count(dropped.packets)} pkt`,
      'filter',
      'Octets and packets dropped since the mitigation started.',
    ),
    fact(
      `${id}/rate`,
      'Rate',
      `${bitRate(dropped.octetsPerSecond)}, ${count(dropped.packetsPerSecond)} pkt/s`,
      'dashboard',
      `Dropped per second, on average, as reported by the server: ${traffic(dropped.octetsPerSecond)} or ${bitRate(dropped.octetsPerSecond)}, and ${count(dropped.packetsPerSecond)} packets.`,
    ),
  ];
}

function lifetimeWords({ granted }: Mitigation, left: number): string {
  if (left === -1) return 'indefinite';
  if (left === 0) return 'over';
  return granted === undefined || granted <= 0
    ? `${duration(left)} left`
    : `${duration(left)} left of ${duration(granted)}`;
}
