import { closest } from '#dots/check/suggestions';
import type { Fault } from '#dots/model/finding';
import { isObject, itemsOf } from '#dots/model/json';
import type { LocatedFinding, ParsedDocument } from '../documents/document';
import { adjusted } from './severities';
import { inTextOrder, locateFaults, validateDocument } from './validation';
import { policyProfileFaults } from '#dots/workspace/policy/profileFaults';
import { mockName, workspaceFileName } from '#dots/workspace/fileNames';
import { workspaceOf, type Profiles } from '#dots/workspace/workspaceFile';

/**
 * All findings of a workspace file: its own, unknown profiles, and a policy that is missing.
 * @param profiles undefined: no profiles file is known, or it has faults; then profiles are not checked
 * @param isThere whether there is a file at a path relative to it; absent: that is not known
 */
export function workspaceFindings(
  document: ParsedDocument,
  profiles: Profiles | undefined,
  isThere: (path: string) => boolean = () => true,
): LocatedFinding[] {
  const { findings } = validateDocument(document);
  const broken = findings.some(({ severity }) => severity === 'error');
  if (broken) return findings;
  const unknown = profiles === undefined ? [] : unknownProfiles(document, profiles);
  const cross = adjusted(
    locateFaults(document, [...unknown, ...missingPolicy(document, isThere)]),
    workspaceOf(document.value),
    workspaceFileName,
  );
  return inTextOrder([...findings, ...cross]);
}

/**
 * All findings of a policy: its own, and server profiles that it must not name.
 * @param profiles undefined: no profiles file is known, or it has faults; then profiles are not checked
 */
export function policyFindings(document: ParsedDocument, profiles: Profiles | undefined): LocatedFinding[] {
  const { findings } = validateDocument(document);
  const isSound = findings.every((finding) => finding.class === 'policy');
  if (!isSound || profiles === undefined || document.value === undefined) return findings;
  return inTextOrder([...findings, ...locateFaults(document, policyProfileFaults(document.value, profiles))]);
}

function missingPolicy({ value }: ParsedDocument, isThere: (path: string) => boolean): Fault[] {
  const { policy } = workspaceOf(value);
  if (policy === undefined || isThere(policy)) return [];
  const message = `There is no file ${policy}, so the mock orchestrator starts without a policy. Correct the path, or remove "policy".`;
  return [
    { code: 'cross/missing-policy', class: 'cross', severity: 'warning', pointer: '/policy', rfc: '8903 3.3', message },
  ];
}

function unknownProfiles({ value }: ParsedDocument, profiles: Profiles): Fault[] {
  const names = [...profiles.keys()];
  return itemsOf(isObject(value) ? value.files : undefined).flatMap((entry, index): Fault[] => {
    if (
      !isObject(entry) ||
      typeof entry.profile !== 'string' ||
      entry.profile === mockName ||
      profiles.has(entry.profile)
    )
      return [];
    const near = closest(entry.profile, names);
    const advice =
      near !== undefined
        ? `Did you mean "${near}"?`
        : names.length === 0
          ? 'It has none.'
          : `It has ${names.map((name) => `"${name}"`).join(', ')}.`;
    return [
      {
        code: 'cross/unknown-profile',
        class: 'cross',
        severity: 'warning',
        pointer: `/files/${index}/profile`,
        rfc: '9132 3',
        message: `Your profiles file has no profile "${entry.profile}", so these documents cannot be sent. ${advice}`,
      },
    ];
  });
}
