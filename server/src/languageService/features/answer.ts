import type { Fault } from '#dots/model/finding';
import { serverEvidence, type Direction } from '#dots/model/direction';
import { tokens } from '#dots/model/pointer';

/**
 * Reports that a document is validated as an answer, and because of which member: in a request, such a member is a
 * mistake that is otherwise not noticed. If the direction is stated, there is no finding.
 */
export function answerNotice(value: unknown, direction: Direction | undefined): Fault[] {
  const pointer = direction === undefined ? serverEvidence(value) : undefined;
  if (pointer === undefined) return [];
  return [
    {
      code: 'advice/judged-as-answer',
      class: 'advice',
      severity: 'information',
      pointer,
      atName: true,
      rfc: pointer.startsWith('/ietf-dots-data-channel:') ? '8783 7.3' : '9132 4.4.2',
      message: `Validated as a server's answer, because only servers write "${tokens(pointer).at(-1) ?? ''}"; remove it to send the document.`,
    },
  ];
}
