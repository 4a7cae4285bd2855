import { closest } from '#dots/check/suggestions';
import type { Fault } from '#dots/model/finding';
import { isLocalName, isLoopback } from '#dots/model/hostAddress';
import type { JsonValue } from '#dots/model/json';
import { productionAt } from '../production';
import { serverAddress } from '../serverAddress';
import type { Profile, Profiles } from '../workspaceFile';
import { policyFault } from './fault';
import { policyOf, type PolicyDms } from './policy';

/**
 * What is wrong with the server profiles that the DMSs of a policy name: simulated attacks never reach a real provider.
 * The value has no fault by its schema.
 */
export function policyProfileFaults(value: JsonValue, profiles: Profiles): Fault[] {
  return policyOf(value).dms.flatMap(({ name, profile }, index) =>
    profile === undefined ? [] : profileFaults({ name, profile }, `/dms/${index}/server`, profiles),
  );
}

function profileFaults(
  dms: Required<Pick<PolicyDms, 'name' | 'profile'>>,
  pointer: string,
  profiles: Profiles,
): Fault[] {
  const profile = profiles.get(dms.profile);
  if (profile === undefined) return [unknown(dms.profile, pointer, profiles)];
  if (isProduction(profile, profiles)) {
    const message = `"${dms.profile}" is a production server: it must not receive requests against simulated attacks. Use "simulated".`;
    return [policyFault('production-profile', 'error', pointer, message)];
  }
  const remote = serversOf(profile).find((server) => !isLocal(serverAddress(server).host));
  if (remote === undefined) return [];
  const message = `"${dms.profile}" leads to ${remote}, which is not on loopback. Use a profile of a server on this machine, or "simulated".`;
  return [policyFault('remote-profile', 'error', pointer, message)];
}

function unknown(profile: string, pointer: string, profiles: Profiles): Fault {
  const near = closest(profile, [...profiles.keys()]);
  const advice = near === undefined ? 'Add it there, or use "simulated".' : `Did you mean "${near}"?`;
  const message = `Your profiles file has no profile "${profile}". ${advice}`;
  return policyFault('unknown-profile', 'error', pointer, message, '9132 3');
}

/** Whether the profile, or another one for the same address, is marked as production. */
function isProduction(profile: Profile, profiles: Profiles): boolean {
  const all = [...profiles].map(([name, each]) => ({ name, ...each }));
  return profile.production || serversOf(profile).some((server) => productionAt(server, all) !== undefined);
}

const serversOf = ({ signal, data }: Profile): string[] => [signal, data].filter((server) => server !== undefined);

const isLocal = (host: string): boolean => isLocalName(host) || isLoopback(host.replace(/^\[(.*)\]$/, '$1'));
