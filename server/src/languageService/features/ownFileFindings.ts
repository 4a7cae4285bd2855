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
 * All findings of a workspace file: its own, and unknown profiles.
 * @param profiles undefined: no profiles file is known, or it has faults; then profiles are not checked
 */
export function workspaceFindings(document: ParsedDocument, profiles: Profiles | undefined): LocatedFinding[] {
  const { findings } = validateDocument(document);
  const broken = findings.some(({ severity }) => severity === 'error');
  if (broken || profiles === undefined) return findings;
  const cross = adjusted(
    locateFaults(document, unknownProfiles(document, profiles)),
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
