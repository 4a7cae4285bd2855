import type { DocumentKind } from '#dots/model/documents';
import { crossFault, isStatus, type CrossRule, type Member, type PlacedFault } from '../documentSet';
import type { ScopeFact } from '../facts';
import { sameTargets } from '../sameTargets';

/**
 * Three quarters of the numbers: from here on a client starts again at 0 as soon as there is no attack (RFC 9132
 * section 4.4.1.1).
 */
const rollover = 3_221_225_471;

/**
 * Kinds whose number must restart, with the section that requires it; the sid of a session configuration only grows.
 */
const rollingOver: Partial<Record<DocumentKind, [name: string, rfc: string]>> = {
  'mitigation-scope': ['mid', '9132 4.4.1.1'],
  'telemetry-setup': ['tsid', '9244 7.1.2'],
  telemetry: ['tmid', '9244 8.2'],
};

/** Numbers near the end of their range: later documents need higher ones, and few are left. */
export const lateMids: CrossRule = ({ members }) =>
  members.flatMap((member) => {
    const { mid = 0 } = member.context;
    const [name, rfc] = (member.facts.kind && rollingOver[member.facts.kind]) ?? [];
    if (mid < rollover || name === undefined || rfc === undefined || isStatus(member)) return [];
    return [
      crossFault(
        member,
        'warning',
        'late-mid',
        '',
        rfc,
        `The ${name} ${mid} is in the last quarter of its range, where a client must start again at 0 as soon as no attack is detected: use a low ${name} for this document and send all active requests again.`,
      ),
    ];
  });

/**
 * Reports on the efficacy of a mitigation whose targets are not those of its request: the server refuses them (RFC 9132
 * section 4.4.3).
 */
export const changedTargets: CrossRule = ({ members }) => {
  const requests = members.filter((member) => member.certain && !isStatus(member));
  const originals = originalsOf(requests);
  return requests.flatMap((member) =>
    member.facts.scopes
      .filter(({ efficacy }) => efficacy)
      .flatMap((scope) => differing(member, scope, originals.get(requestKey(member)) ?? [])),
  );
};

/** The request of a mitigation. */
interface Original {
  member: Member;
  scope: ScopeFact;
}

/** What identifies a mitigation: two documents with equal keys are sent under one mid of one client. */
const requestKey = ({ context: { cuid, mid, profile } }: Member): string => JSON.stringify([cuid, mid, profile]);

/** The requests of mitigations with a mid, by what identifies them. */
function originalsOf(requests: readonly Member[]): Map<string, Original[]> {
  const originals = new Map<string, Original[]>();
  for (const member of requests.filter(({ context }) => context.mid !== undefined)) {
    const key = requestKey(member);
    const known = originals.get(key) ?? [];
    known.push(...member.facts.scopes.filter(({ efficacy }) => !efficacy).map((scope) => ({ member, scope })));
    originals.set(key, known);
  }
  return originals;
}

function differing(member: Member, scope: ScopeFact, originals: readonly Original[]): PlacedFault[] {
  const [first] = originals;
  if (first === undefined || originals.some((original) => sameTargets(original.scope.value, scope.value))) return [];
  const related = [{ file: first.member.file, pointer: first.scope.pointer, message: 'the request' }];
  return [
    crossFault(
      member,
      'error',
      'efficacy-differs',
      scope.pointer,
      '9132 4.4.3',
      `An efficacy update repeats the targets of its request (mid ${member.context.mid ?? 0}); these differ, and the server refuses it.`,
      related,
    ),
  ];
}
