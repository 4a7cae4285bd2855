import { describeError } from '#dots/model/errors';
import { credentialsFor } from '#dots/transport/certificates/credentialFiles';
import { ledgerOf } from '../clientIdentity';
import { credentialNotes } from '../credentialNotes';
import { UsageError, type Arguments, type Option } from '../command';
import type { Io } from '../io';
import { withOption } from '../mitigationTargets';
import { targetNamed, targetOptions, UnconfirmedProduction } from '../serverTarget';
import type { SettledTarget } from '../settledTarget';
import { CommandWorkspaces } from '../workspace';

/** What differs from the options of `dots send`. */
const changed: Readonly<Record<string, Partial<Option>>> = {
  server: {
    description:
      'The server: coaps://HOST (DTLS), coaps+tcp://HOST (TLS), HOST alone to try both, coap://127.0.0.1 on this machine.',
  },
  profile: { description: 'A server profile; may be repeated.', multiple: true },
  yes: { description: 'Also open sessions with production servers.' },
  cuid: {
    description:
      'The client identifier of the documents to send (default: from the profile, or derived from the certificate or the PSK identity).',
  },
  timeout: { description: 'Seconds that one attempt to open the session may take (default 60).' },
};

export const sessionOptions: readonly Option[] = [
  ...targetOptions
    .filter(({ name }) => !['mid', 'wait'].includes(name))
    .map((option) => ({ ...option, ...changed[option.name] })),
  { name: 'all', description: 'All profiles that have a signal channel; of production servers only with --yes.' },
  {
    name: 'format',
    value: 'FORMAT',
    choices: ['text', 'json'],
    preset: 'text',
    description: 'How events and the status are printed: json prints one object per line for each event.',
  },
];

/**
 * The targets of the profiles or the server that are named, as the files say now. Throws a DotsError, also for invalid
 * credentials.
 */
export async function targetsOf(given: Arguments, io: Io): Promise<SettledTarget[]> {
  const each = waysOf(given, io);
  if (each.length === 0) return [];
  const [workspaces, ledger] = [new CommandWorkspaces(given), await ledgerOf(given, io)];
  const targets = await Promise.all(
    each.map(async (one) => {
      const target = await targetNamed(one, workspaces, ledger, 'no session was opened').catch(skipped(one, io));
      if (target === undefined) return [];
      await credentialsFor(target.server, target.credentialFiles);
      await credentialNotes(target, io);
      return [target];
    }),
  );
  return targets.flat();
}

/** With --all a profile that leads to a production server of another profile is left out, as a marked one is. */
function skipped(given: Arguments, io: Io): (error: unknown) => undefined {
  return (error) => {
    if (given.option('all') === undefined || !(error instanceof UnconfirmedProduction)) throw error;
    io.say(`dots session: No session for the profile "${given.option('profile') ?? ''}". ${describeError(error)}`);
  };
}

/** One command line for each target. */
function waysOf(given: Arguments, io: Io): Arguments[] {
  const isAll = given.option('all') !== undefined;
  const named = given.options('profile');
  if (isAll && (named.length > 0 || given.option('server') !== undefined))
    throw new UsageError('--all excludes --profile and --server.', 'Use one of them.');
  const profiles = isAll ? allProfiles(given, io) : [...new Set(named)];
  if (profiles.length === 0) return given.option('server') === undefined ? [] : [given];
  return profiles.map((profile) => withOption(given, 'profile', profile));
}

function allProfiles(given: Arguments, io: Io): string[] {
  const { profiles, profilesName, knownProfiles } = new CommandWorkspaces(given);
  if (profilesName === undefined || knownProfiles === undefined)
    throw new UsageError(
      profilesName === undefined ? 'There is no profiles file.' : `The profiles in ${profilesName} have errors.`,
      profilesName === undefined ? 'Name one with --profiles.' : `See dots validate ${profilesName}.`,
    );
  const all = [...profiles].filter(([, { signal }]) => signal !== undefined);
  const isLeftOut = ([, { production }]: (typeof all)[number]): boolean =>
    production === true && given.option('yes') === undefined;
  const names = (some: typeof all): string[] => some.map(([name]) => name);
  const left = names(all.filter(isLeftOut));
  if (left.length > 0)
    io.say(`dots session: No session for production: ${left.join(', ')}. Use --yes to open theirs too.`);
  return names(all.filter((each) => !isLeftOut(each)));
}
