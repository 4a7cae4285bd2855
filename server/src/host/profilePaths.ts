import { dirname, resolve } from 'node:path';
import type { Profile, Profiles } from '#dots/workspace/workspaceFile';

/** The profiles of a file with absolute paths: in the file they may be relative to its folder. */
export function withAbsolutePaths(profiles: Profiles, file: string): Profiles {
  return new Map([...profiles].map(([name, profile]) => [name, absolute(profile, dirname(file))]));
}

function absolute(profile: Profile, folder: string): Profile {
  const paths = (['ca', 'certificate', 'key', 'crl', 'keyPasswordFile', 'pskKeyFile'] as const).flatMap((name) => {
    const path = profile[name];
    return path === undefined ? [] : [[name, resolve(folder, path)] as const];
  });
  return { ...profile, ...Object.fromEntries(paths) };
}
