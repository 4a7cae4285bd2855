import { isObject } from '#dots/model/json';
import { documentType } from '#dots/model/documents';
import type { Answer } from '#dots/signal/answer';
import { sessionConfig } from '#dots/signal/resources';
import { codeWords } from '#dots/words/codes';
import { currencyWords, sessionConfigLines } from '#dots/words/sessionConfig';
import type { Command } from '../command';
import {
  askResource,
  noWords,
  resourceOptions,
  runResource,
  sendResource,
  type ResourceActions,
  type ResourceRun,
} from '../resourceRun';

const { topMember } = documentType('signal-config');

/** `dots config`: the configuration of signal channel sessions (RFC 9132 section 4.5, RFC 9362). */
export const config: Command = {
  name: 'config',
  summary: 'Read, set and reset the configuration of signal channel sessions.',
  usage:
    '[get] [--profile NAME] [--format text|json]\n       dots config set FILE|- [--profile NAME] [--mid SID] [--yes]\n       dots config reset [--profile NAME] [--yes]\n       each also with --server coaps://... --ca FILE --cert FILE --key FILE',
  actions: { get: [], set: 'file', reset: [] },
  options: resourceOptions({
    yes: 'Also change the configuration of a production server; reading needs no confirmation.',
    mid: 'The sid (default: the highest in the ledger plus one).',
  }),
  details: [
    'get prints each parameter with its current value and the range that the server accepts, during mitigations and in idle time, and how long that is current. set requests other values; a server refuses those out of its ranges (4.22). reset returns to the defaults of the server.',
    'A configuration belongs to a session (RFC 9132 section 4.5): one that is set over a session of this command alone ends with it.',
    'With --format json there is one object, whose keys are always present.',
    'Exit status 0: the server accepted. 1: it refused, or the document has errors. 3: it did not answer, or one side was not authenticated.',
  ],
  examples: [
    'dots config --profile upstream',
    'dots config set session.dots.json --profile upstream --yes',
    'dots config reset --profile upstream --yes',
  ],
  run: (given, io) => runResource({ command: 'config', actions, foreign: [['mid', ['set']]] }, given, io),
};

const actions: ResourceActions = new Map([
  ['', read],
  ['get', read],
  ['set', set],
  ['reset', reset],
]);

function read(run: ResourceRun): Promise<void> {
  noWords(run, 'config get');
  return askResource(
    run,
    {
      notDone: 'nothing was read',
      reads: true,
      asking: (session, left) => session.get({ resource: sessionConfig }, left),
    },
    (answer) =>
      Promise.resolve({
        ...readWords(answer),
        next: nextAfter(answer, 'dots config set FILE requests other values, dots config reset the defaults.'),
      }),
  );
}

function readWords({ ok, body, currentFor }: Answer): { lines?: string[] } {
  const content = body?.[topMember];
  if (!ok || !isObject(content)) return {};
  return { lines: [...sessionConfigLines(content), currencyWords(currentFor)] };
}

function set(run: ResourceRun): Promise<void> {
  return sendResource(run, 'signal-config', ({ answer, kept }) =>
    nextAfter(answer, kept ? 'dots config get shows what is in force.' : ownSession),
  );
}

const ownSession =
  'start dots session, which keeps its session; this configuration was for the session of this command, which has ended.';

function reset(run: ResourceRun): Promise<void> {
  noWords(run, 'config reset');
  return askResource(
    run,
    { notDone: 'nothing was reset', asking: (session, left) => session.delete({ resource: sessionConfig }, left) },
    async (answer, client) => {
      if (answer.ok) await client.deleted('sid', undefined, answer.code);
      return { next: nextAfter(answer, 'dots config get shows the defaults of the server.') };
    },
  );
}

const nextAfter = ({ code, ok, request }: Answer, accepted: string): string =>
  ok ? accepted : codeWords(code, request.path, ok).next;
