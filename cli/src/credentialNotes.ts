import { systemClock } from '#dots/runtime/clock';
import { credentialWarnings } from '#dots/transport/certificates/credentialWarnings';
import type { Io } from './io';
import type { SettledTarget } from './settledTarget';

/** The sentences that were printed in this run. */
const said = new Set<string>();

/** What is wrong with the credentials of a target soon: each sentence is printed once in a run, and returned. */
export async function credentialNotes(
  { credentialFiles, server }: Pick<SettledTarget, 'credentialFiles' | 'server'>,
  io: Io,
): Promise<string[]> {
  if (/^coap:/i.test(server)) return [];
  const warnings = await credentialWarnings(credentialFiles, systemClock.now());
  for (const warning of warnings.filter((sentence) => !said.has(sentence))) {
    said.add(warning);
    io.say(`dots: warning: ${warning}`);
  }
  return warnings;
}
