import { isObject } from '#dots/model/json';
import type { TrafficClass } from '#dots/model/trafficClass';
import { configFaults } from '#dots/workspace/ownFileFaults';
import { trafficOf, writtenTraffic } from '#dots/workspace/policy/traffic';
import { trafficFaults } from '#dots/workspace/policy/trafficFaults';
import { validationService as service } from '#service/validationService';
import { UsageError } from '../command';
import { reportFindings } from '../document';
import { readInput } from '../files';
import type { Io } from '../io';

/**
 * The traffic classes of a file: its member "traffic" as in a policy, which it may be. Throws UsageError where the file
 * cannot be read or has errors, which are reported.
 */
export async function readTraffic(path: string, io: Io): Promise<TrafficClass[]> {
  const { file, bytes } = await readInput(path, io);
  const document = service.parse(bytes, file, 'policy');
  const problems = service.validate(document).findings.filter(({ code }) => code.startsWith('json/'));
  const syntax = document.value === undefined ? problems : [];
  const traffic = isObject(document.value) ? document.value.traffic : undefined;
  if (document.value !== undefined && traffic === undefined)
    throw new UsageError(`${file} has no "traffic".`, 'Name a vector, or a file with traffic classes as in a policy.');
  const value = { clients: [], strategies: [], traffic: traffic ?? [] };
  const shape = configFaults('policy', value);
  const faults = [...shape, ...(shape.length === 0 ? trafficFaults(value) : [])];
  const findings = [...syntax, ...service.locate(document, faults)];
  reportFindings(file, findings, io);
  if (findings.length > 0) throw new UsageError(`${file} has errors, so no traffic was begun.`);
  return writtenTraffic(value).map(trafficOf);
}
