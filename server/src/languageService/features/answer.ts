import type { Fault } from '#dots/model/finding';
import { serverEvidence, type Direction } from '#dots/model/direction';
import { tokens } from '#dots/model/pointer';

/**
 * Says that a document is validated as an answer, and because of which member: in a request that is meant to be sent, such a
 * member is a slip that otherwise goes unnoticed. Where the direction is stated, there is nothing to say.
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
