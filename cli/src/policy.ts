import { readPolicyValue, type ReadPolicy } from '#dots/orchestrator/policyFile';
import { octetsOf } from '#host/governingWorkspaces';
import { validationService as service } from '#service/validationService';
import { UsageError } from './command';
import { reportFindings } from './document';
import type { Io } from './io';

/** Reads a policy of an orchestrator. Throws UsageError where it cannot be read or has errors. */
export async function readPolicy(file: string, io: Io): Promise<ReadPolicy> {
  const octets = octetsOf(file);
  if (typeof octets === 'string') throw new UsageError(`${file} cannot be read: ${octets}.`);
  const document = service.parse(octets, file, 'policy');
  const { findings } = service.validate(document);
  reportFindings(file, findings, io);
  if (document.value === undefined || findings.some(({ severity }) => severity === 'error'))
    throw new UsageError(`${file} has errors, so the policy is not used.`, `See dots validate ${file}.`);
  return readPolicyValue(document.value, file);
}
