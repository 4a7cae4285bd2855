import type { DocumentKind } from '#dots/model/documents';
import { crossFault, isStatus, type CrossRule, type Member } from '../documentSet';
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
  return requests.flatMap((member) =>
    member.facts.scopes
      .filter(({ efficacy }) => efficacy)
      .flatMap((scope) => {
        const originals = requests.flatMap((other) =>
          isOriginal(other, member)
            ? other.facts.scopes.filter(({ efficacy }) => !efficacy).map((original) => ({ other, original }))
            : [],
        );
        const [first] = originals;
        if (first === undefined || originals.some(({ original }) => sameTargets(original.value, scope.value)))
          return [];
        const related = [{ file: first.other.file, pointer: first.original.pointer, message: 'the request' }];
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
      }),
  );
};

function isOriginal({ context }: Member, { context: own }: Member): boolean {
  return (
    own.mid !== undefined && context.mid === own.mid && context.cuid === own.cuid && context.profile === own.profile
  );
}
