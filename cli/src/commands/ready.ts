import { safeJson } from '#dots/model/text';
import { caller, nameOfPath } from '../caller';
import { ledgerOf, ledgerOption } from '../clientIdentity';
import { UsageError, type Arguments, type Command, type ExitStatus } from '../command';
import { ownConnection } from '../connection';
import type { Io } from '../io';
import { keptSessions } from '../ready/keptSession';
import { readinessOf, type Surroundings } from '../ready/readiness';
import { ownDocuments } from '../ready/documents';
import { readinessJson, readinessText, statusOf, worstOf, type Readiness } from '../ready/report';
import { CommandWorkspaces, tellOwn, workspaceOptions } from '../workspace';

/** The version of the object that `dots ready --format json` prints. */
const reportVersion = 1;

/** `dots ready`: whether this client could ask for mitigation now, and what is missing. */
export const ready: Command = {
  name: 'ready',
  summary: 'Check in peacetime that everything is in place for an attack, and list what to do.',
  usage: '[--profile NAME | --all] [--format text|json]',
  options: [
    {
      name: 'profile',
      value: 'NAME',
      description: 'The server profile (default: the one in DOTS_PROFILE, or the only one of the profiles file).',
    },
    { name: 'all', description: 'All profiles of the profiles file.' },
    { name: 'timeout', value: 'S', preset: '10', description: 'Seconds to wait for each answer.' },
    { name: 'format', value: 'FORMAT', choices: ['text', 'json'], preset: 'text', description: 'The output format.' },
    ledgerOption,
    ...workspaceOptions,
  ],
  details: [
    'Checked are: the client certificate, its chain, key and expiry; both channels, with authentication; a heartbeat; whether dots session keeps a session; aliases and ACLs on the server against those of the workspace, and when they expire; mitigations that wait for the loss of the session; whether each mitigation request fits in one datagram; and whether its targets are within the own prefixes.',
    'It only reads: a client that is not registered on the data channel stays so, and a production server needs no --yes. No heartbeat is sent while preconfigured mitigations wait, because the end of heartbeats would start them.',
    'The documents are those below the folder of the workspace file, or below this folder, that name this profile or none.',
    'Results: ok; soon, ready today with something to do; not-ready; unreachable; skipped. What expires within two days is not ready, so that a daily job reports it in time; certificates are reported 30 days ahead.',
    'With --format json there is one object: version, verdict, profiles, each with profile, verdict, server, data, cuid, checks and todo.',
    'Exit status 0: ready. 1: something has to be done first. 3: a server did not answer, or one side was not authenticated.',
  ],
  examples: ['dots ready --profile upstream', 'dots ready --all --format json'],
  run: runReady,
};

async function runReady(given: Arguments, io: Io): Promise<ExitStatus> {
  const workspaces = new CommandWorkspaces(given);
  const governing = workspaces.of('dots.json');
  tellOwn(workspaces, governing, io);
  const names = profilesOf(given, workspaces);
  const ledger = await ledgerOf(given, io);
  const brokenWorkspace = governing.isBroken && governing.path !== undefined ? nameOfPath(governing.path) : undefined;
  const known = io.connect === undefined ? keptSessions(io) : undefined;
  const stop = new AbortController();
  void io.stopped().then(() => stop.abort());
  const around: Omit<Surroundings, 'documents'> = {
    ...{ given, workspaces, ledger, brokenWorkspace },
    // A check over dots session opens a session there, which is then kept.
    kept: () => known ?? keptSessions(io),
    connect: io.connect ?? ownConnection,
    signal: stop.signal,
  };
  const all: Readiness[] = [];
  for (const name of names) {
    const documents = await ownDocuments(workspaces, governing, name, io);
    all.push(await readinessOf(name, { ...around, documents }));
  }
  const isJson = given.option('format') === 'json';
  await io.out(isJson ? `${safeJson(jsonOf(all), 2)}\n` : all.map(readinessText).join('\n'));
  return statusOf(all);
}

const jsonOf = (all: readonly Readiness[]): object => ({
  version: reportVersion,
  verdict: worstOf(all),
  profiles: all.map(readinessJson),
});

/** The profiles that are meant. Throws UsageError. */
function profilesOf(given: Arguments, workspaces: CommandWorkspaces): string[] {
  const known = [...workspaces.profiles.keys()];
  const named = given.option('profile');
  if (given.paths.length > 0)
    throw new UsageError('dots ready takes no file: it checks all documents of the workspace.');
  if (given.option('all') === undefined) {
    const only = known.length === 1 ? known[0] : undefined;
    const one = named ?? caller().env.DOTS_PROFILE ?? only;
    if (one !== undefined) return [one];
    throw new UsageError(
      known.length === 0
        ? 'There is no profile, so there is no server to check.'
        : `Name one of the profiles: ${known.join(', ')}.`,
      known.length === 0 ? 'Name the profiles file with --profiles.' : 'Use --profile NAME, or --all.',
    );
  }
  if (named !== undefined) throw new UsageError('Name one profile, or --all, not both.');
  if (known.length > 0) return known;
  throw new UsageError(
    'There is no profile, so there is no server to check.',
    'Name the profiles file with --profiles.',
  );
}
