import { ledgerOf } from '../clientIdentity';
import type { Arguments, Option } from '../command';
import type { Io } from '../io';
import type { LiveSessions } from '../keeper/sessions';
import { withOption } from '../mitigationTargets';
import { targetNamed, targetOptions } from '../serverTarget';
import type { SettledTarget } from '../settledTarget';
import { CommandWorkspaces } from '../workspace';

/** What differs from the options of `dots send`. */
const changed: Readonly<Record<string, Partial<Option>>> = {
  server: {
    description:
      'The server: coaps://HOST (DTLS), coaps+tcp://HOST (TLS), HOST alone to try both, coap://127.0.0.1 on this machine.',
  },
  profile: { description: 'A server profile; may be repeated.', multiple: true },
  yes: { description: 'Also open a session with a production server.' },
  cuid: {
    description:
      'The client identifier of the documents to send (default: from the profile, or derived from the certificate or the PSK identity).',
  },
  timeout: { description: 'Seconds to wait for the session to be established.' },
};

export const sessionOptions: readonly Option[] = targetOptions
  .filter(({ name }) => !['mid', 'wait'].includes(name))
  .map((option) => ({ ...option, ...changed[option.name] }));

/** Opens the sessions of the profiles or the server that are named, if any. Throws a DotsError. */
export async function openNamed(given: Arguments, sessions: LiveSessions, io: Io): Promise<SettledTarget[]> {
  const targets = await targetsOf(given, io);
  await Promise.all(targets.map((target) => sessions.open(target)));
  return targets;
}

async function targetsOf(given: Arguments, io: Io): Promise<SettledTarget[]> {
  const profiles = given.options('profile');
  if (profiles.length === 0 && given.option('server') === undefined) return [];
  const [workspaces, ledger] = [new CommandWorkspaces(given), await ledgerOf(given, io)];
  const each = profiles.length === 0 ? [given] : profiles.map((profile) => withOption(given, 'profile', profile));
  return Promise.all(each.map((one) => targetNamed(one, workspaces, ledger, 'no session was opened')));
}
