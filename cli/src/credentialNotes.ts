import { systemClock } from '#dots/runtime/clock';
import { credentialWarnings } from '#dots/transport/certificates/credentialWarnings';
import type { Io } from './io';
import type { SettledTarget } from './settledTarget';

/** The sentences that were printed, by what prints those of one run. */
const said = new WeakMap<Io['say'], Set<string>>();

/** What is wrong with the credentials of a target soon: each sentence is printed once in a run, and returned. */
export async function credentialNotes(
  { credentialFiles, server }: Pick<SettledTarget, 'credentialFiles' | 'server'>,
  io: Io,
): Promise<string[]> {
  if (/^coap:/i.test(server)) return [];
  const warnings = await credentialWarnings(credentialFiles, systemClock.now());
  const before = said.get(io.say) ?? new Set();
  said.set(io.say, before);
  for (const warning of warnings.filter((sentence) => !before.has(sentence))) {
    before.add(warning);
    io.say(`dots: warning: ${warning}`);
  }
  return warnings;
}
