import type { Fault } from '../../model/finding';
import { isObject, itemsOf, type JsonObject } from '../../model/json';
import { child } from '../../model/pointer';
import type { Direction } from '#dots/model/direction';
import { rfcFault } from './fault';
import { hostFaults, icmpAdvice, nameAdvice, portAdvice, prefixFaults, selectors } from './target';

/** The rules for aliases (RFC 8783 section 6.1). */
export function aliasFaults(body: JsonObject, pointer: string, direction?: Direction): Fault[] {
  const list = child(pointer, 'alias');
  return itemsOf(body.alias).flatMap((alias, index) =>
    isObject(alias) ? oneAlias(alias, child(list, index), direction) : [],
  );
}

function oneAlias(alias: JsonObject, pointer: string, direction?: Direction): Fault[] {
  const hasSelector = selectors.some((member) => itemsOf(alias[member]).length > 0);
  return [
    ...(hasSelector
      ? []
      : [
          rfcFault(
            'target-missing',
            pointer,
            '8783 6.1',
            'An alias needs at least one of "target-prefix", "target-fqdn" and "target-uri".',
          ),
        ]),
    ...readOnly(alias, pointer, direction),
    ...prefixFaults(alias, 'target-prefix', pointer, '8783 6.1'),
    ...hostFaults(alias, pointer, '8783 6.1'),
    ...portAdvice(alias, pointer),
    ...icmpAdvice(alias, pointer),
    ...nameAdvice(alias, pointer),
  ];
}

/** A client must not send read-only state; in a server's answer it is allowed. */
export function readOnly(owner: JsonObject, pointer: string, direction: Direction | undefined): Fault[] {
  if (direction !== 'request') return [];
  return ['pending-lifetime', 'statistics', 'capabilities']
    .filter((member) => Object.hasOwn(owner, member))
    .map((member) =>
      rfcFault(
        'read-only-member',
        child(pointer, member),
        '8783 7.3',
        `"${member}" is read-only; remove it before you send the document back.`,
        { atName: true },
      ),
    );
}
