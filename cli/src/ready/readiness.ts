import { DotsError } from '#dots/model/errors';
import type { JsonObject } from '#dots/model/json';
import type { Ledger } from '#dots/signal/ledgerFolder';
import type { Channel } from '#dots/workspace/destination';
import type { Arguments } from '../command';
import type { Connect } from '../connection';
import { overData } from '../dataTarget';
import { withOption } from '../mitigationTargets';
import { targetNamed } from '../serverTarget';
import type { SettledTarget } from '../settledTarget';
import type { CommandWorkspaces } from '../workspace';
import type { Way } from './commandLines';
import { credentialChecks } from './credentialChecks';
import { dataChecks } from './dataChecks';
import { datagramCheck } from './datagramCheck';
import { documentChecks, type OwnDocument } from './documents';
import { isKept, keptSessionCheck, type KeptSessions } from './keptSession';
import { checked, failedCheck, type Check, type CheckName, type Readiness } from './report';
import { heartbeatCheck, keptHeartbeat, preconfiguredChecks, scopesIn, signalCheck } from './signalChecks';

/** What all profiles of one run share. */
export interface Surroundings {
  given: Arguments;
  workspaces: CommandWorkspaces;
  ledger: Ledger;
  documents: readonly OwnDocument[];
  /** The workspace file, if it has errors: then nothing of its folder is sent. */
  brokenWorkspace: string | undefined;
  /** The sessions that are kept now. */
  kept(): Promise<KeptSessions>;
  connect: Connect;
  signal: AbortSignal;
}

/** One profile under check. */
interface Subject extends Surroundings {
  profile: string;
  way: Way;
  /** The documents of this profile and client. */
  own: OwnDocument[];
}

/** Checks one profile. Never throws a DotsError: each is the result of a check. */
export async function readinessOf(profile: string, around: Surroundings): Promise<Readiness> {
  const signal = await settled(profile, 'signal', around);
  const known = around.workspaces.profiles.get(profile);
  const hasData = known?.data !== undefined;
  const data = hasData ? await settled(profile, 'data', around) : undefined;
  const target = [signal, data].find(
    (each): each is SettledTarget => each !== undefined && !(each instanceof DotsError),
  );
  const cuid = target?.cuid;
  const subject: Subject = {
    ...around,
    profile,
    way: { profile, given: around.given, production: known?.production === true },
    own: around.documents.filter((each) => (each.profile ?? profile) === profile && (each.cuid ?? cuid) === cuid),
  };
  return {
    profile,
    server: known?.signal ?? null,
    data: known?.data ?? null,
    cuid: cuid ?? null,
    checks: [
      ...(signal instanceof DotsError ? [failedCheck('signal channel', signal)] : await signalChecks(signal, subject)),
      keptSessionCheck(await around.kept(), subject.way),
      ...(data instanceof DotsError ? [failedCheck('data channel', data)] : await dataChannelChecks(data, subject)),
      ...(signal instanceof DotsError ? [] : datagramCheck(subject.own, signal)),
      ...documentChecks(subject.own, around.brokenWorkspace),
    ],
  };
}

/** The target of a channel, which is only read: production needs no confirmation. Or why there is none. */
async function settled(
  profile: string,
  channel: Channel,
  { given, workspaces, ledger }: Surroundings,
): Promise<SettledTarget | DotsError> {
  const asked = withOption(withOption(given, 'profile', profile), 'yes', '');
  return targetNamed(asked, workspaces, ledger, 'nothing was checked', channel).catch(dotsErrorOf);
}

function dotsErrorOf(error: unknown): DotsError {
  if (error instanceof DotsError) return error;
  throw error;
}

/** The checks, or the one that an error ends. */
const attempted = (check: CheckName, checks: () => Promise<Check[]>): Promise<Check[]> =>
  checks().catch((error: unknown) => [failedCheck(check, dotsErrorOf(error))]);

async function signalChecks(target: SettledTarget, subject: Subject): Promise<Check[]> {
  const { server, credentialFiles } = target;
  const credentials = await attempted('credentials', () => credentialChecks(server, credentialFiles));
  const isUsable = credentials.every(({ result }) => result === 'ok' || result === 'soon');
  if (!isUsable)
    return [...credentials, checked('signal channel', 'skipped', 'Not tried: the credentials cannot be used.')];
  return [...credentials, ...(await attempted('signal channel', () => overSignal(target, subject)))];
}

async function overSignal(target: SettledTarget, { signal, own, way, kept, connect }: Subject): Promise<Check[]> {
  const connection = connect(target, { underAttack: false, signal });
  const { timeoutMs } = target;
  try {
    const { session, answer } = await connection.ask((open, left) => open.status(undefined, left));
    const server: JsonObject[] = scopesIn(answer);
    const heartbeat = await attempted('heartbeat', async () => [
      connection.kept === true || isKept(await kept(), way.profile)
        ? keptHeartbeat
        : await heartbeatCheck(session, server, timeoutMs),
    ]);
    return [...signalCheck(session, answer), ...heartbeat, ...preconfiguredChecks(own, server, way)];
  } finally {
    await connection.close();
  }
}

async function dataChannelChecks(target: SettledTarget | undefined, { own, way }: Subject): Promise<Check[]> {
  if (target !== undefined)
    return attempted('data channel', async () =>
      dataChecks(await overData(target, (session) => session.get('', { timeoutMs: target.timeoutMs })), own, way),
    );
  const files = own.filter(({ kind }) => kind === 'aliases' || kind === 'acls').map(({ file }) => file);
  return files.length === 0
    ? [checked('data channel', 'skipped', 'The profile names none, and no document needs it.')]
    : [
        checked(
          'data channel',
          'not-ready',
          `The profile names none, and ${files.join(', ')} must be installed over it.`,
          {
            todo: [`Add "data" to the profile ${way.profile}.`],
          },
        ),
      ];
}
