import { vectorNames } from '#dots/model/attackVectors';
import { dmsFaults } from '#dots/words/simulation';
import { UsageError, wordsOf, type Arguments, type Command, type ExitStatus } from '../command';
import type { Io } from '../io';

/** What follows each action: how many words at least and at most. */
const actions = {
  status: [0, 0],
  decisions: [0, 0],
  rules: [1, 1],
  attack: [1, 1],
  stop: [0, 1],
  fault: [1, 2],
} as const satisfies Record<string, readonly [least: number, most: number]>;

/** What a running orchestrator can be asked to do. */
export type Action = keyof typeof actions;

/** `dots orchestrator`: what a running `dots mock` does, and what is made to happen in its simulated network. */
export const orchestrator: Command = {
  name: 'orchestrator',
  summary: 'Show what a running dots mock with a policy does, and begin and end simulated attacks and faults.',
  usage:
    '--state DIR status|decisions [--format text|json]\n       dots orchestrator --state DIR rules NODE [--format text|json]\n       dots orchestrator --state DIR attack VECTOR [--to PREFIX] [--rate BITS]\n       dots orchestrator --state DIR attack FILE\n       dots orchestrator --state DIR stop [NAME]\n       dots orchestrator --state DIR fault FAULT|none [DMS]',
  options: [
    { name: 'state', value: 'DIR', description: 'The state folder of the dots mock.' },
    { name: 'to', value: 'PREFIX', description: 'The target of an attack (default: the first target of the policy).' },
    { name: 'rate', value: 'BITS', description: 'The rate of an attack, bits per second (default: 1000000000).' },
    { name: 'format', value: 'FORMAT', choices: ['text', 'json'], preset: 'text', description: 'The output format.' },
  ],
  actions: {
    status: [],
    decisions: [],
    rules: [],
    attack: vectorNames,
    stop: [],
    fault: [...dmsFaults, 'none'],
  },
  details: [
    'It asks the dots mock that was started with --policy and --state DIR, over a socket in that folder which only its user can open.',
    'status: mitigations and who carries them out, DMSs with their load, links with theirs, forwarding nodes with their rules, and the simulated traffic. decisions: the stored decisions with their reasons, the oldest first; with --format json one object per line. rules: the Flowspec rules of one forwarding node, and whether their order is proved; with --format json as dots flowspec prints them.',
    `attack: begins an attack of a vector (${vectorNames.join(', ')}), or the traffic classes of a file: its "traffic", as in a policy. stop: ends what attack began; with a NAME that traffic, which may be of the policy.`,
    'fault: a simulated DMS does something wrong until fault none; without DMS all of them do. silent: it does not answer. refuses: it refuses further requests. never-effective: it accepts requests and never gets effective. ends: it ends its mitigations by itself. nonsense: it answers nonsense.',
  ],
  examples: [
    'dots orchestrator --state .dots/state status',
    'dots orchestrator --state .dots/state decisions --format json',
    'dots orchestrator --state .dots/state rules edge-1',
    'dots orchestrator --state .dots/state attack ntp-amplification --to 192.0.2.20/32',
    'dots orchestrator --state .dots/state fault silent scrubber-1',
  ],
  run: askRunning,
};

/** What is asked, and its words. Throws UsageError for what is no action, and for words that it does not accept. */
export function actionOf({ paths: [word, ...words], option }: Arguments): { action: Action; words: string[] } {
  const action = (Object.keys(actions) as Action[]).find((name) => name === word);
  if (action === undefined)
    throw new UsageError(
      word === undefined ? 'No action is named.' : `"${word}" is no action of dots orchestrator.`,
      `Choose one of: ${Object.keys(actions).join(', ')}.`,
    );
  const [least, most] = actions[action];
  if (words.length < least || words.length > most)
    throw new UsageError(
      words.length < least ? `${action} needs a name.` : `${action} does not accept "${words[most] ?? ''}".`,
      'See dots orchestrator --help.',
    );
  for (const name of ['to', 'rate'])
    if (option(name) !== undefined && action !== 'attack')
      throw new UsageError(`--${name} is of an attack.`, 'See dots orchestrator --help.');
  return { action, words };
}

async function askRunning(given: Arguments, io: Io): Promise<ExitStatus> {
  actionOf(given);
  const state = given.option('state');
  if (state === undefined)
    throw new UsageError('--state DIR is missing: the state folder of the dots mock.', 'Start dots mock with --state.');
  const { askControl } = await import('../orchestrator/controlSocket');
  return askControl(state, wordsOf(orchestrator, given), io);
}
