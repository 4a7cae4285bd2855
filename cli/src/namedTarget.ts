import type { Ledger } from '#dots/signal/ledgerFolder';
import type { Channel } from '#dots/workspace/destination';
import { ledgerOf } from './clientIdentity';
import { caller } from './caller';
import type { Arguments } from './command';
import { credentialNotes } from './credentialNotes';
import type { Io } from './io';
import { withOption } from './mitigationTargets';
import { targetNamed } from './serverTarget';
import type { SettledTarget } from './settledTarget';
import { CommandWorkspaces } from './workspace';

/**
 * The server that the options or DOTS_PROFILE name, the ledger, and what is wrong with its credentials soon, which is
 * also reported. Throws a DotsError.
 * @param notDone what is not done if the server may not be used: the start of a sentence
 */
export async function namedTarget(
  given: Arguments,
  io: Io,
  notDone: string,
  channel: Channel = 'signal',
): Promise<{ target: SettledTarget; ledger: Ledger; notes: string[] }> {
  const { DOTS_PROFILE: profile } = caller().env;
  const isNamed = given.option('server') !== undefined || given.option('profile') !== undefined;
  const asked = isNamed || profile === undefined ? given : withOption(given, 'profile', profile);
  const ledger = await ledgerOf(given, io);
  const target = await targetNamed(asked, new CommandWorkspaces(given), ledger, notDone, channel);
  return { ledger, target, notes: await credentialNotes(target, io) };
}
