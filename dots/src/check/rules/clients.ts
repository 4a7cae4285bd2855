import type { Fault } from '../../model/finding';
import { isObject, itemsOf, type JsonObject } from '../../model/json';
import { child } from '../../model/pointer';
import type { Direction } from '#dots/model/direction';
import { aclFaults } from './acls';
import { aliasFaults, readOnly } from './aliases';
import { rfcFault } from './fault';

/** The rules for a registration, and for the aliases and ACLs inside (RFC 8783 section 5.1). */
export function clientFaults(
  body: JsonObject,
  pointer: string,
  direction?: Direction,
  list = child(pointer, 'dots-client'),
): Fault[] {
  const clients = itemsOf(body['dots-client']);
  const many =
    clients.length > 1 && direction !== 'status'
      ? [
          rfcFault(
            'one-client',
            child(list, 1),
            '8783 5.1',
            `A registration carries exactly one client; this one has ${clients.length}.`,
          ),
        ]
      : [];
  return [
    ...readOnly(body, pointer, direction),
    ...many,
    ...clients.flatMap((client, index) => (isObject(client) ? oneClient(client, child(list, index), direction) : [])),
  ];
}

function oneClient(client: JsonObject, pointer: string, direction?: Direction): Fault[] {
  const { aliases, acls } = client;
  return [
    ...gatewayMember(client, pointer, direction),
    ...(isObject(aliases) ? aliasFaults(aliases, child(pointer, 'aliases'), direction) : []),
    ...(isObject(acls) ? aclFaults(acls, child(pointer, 'acls'), direction) : []),
  ];
}

/** A gateway inserts the cdid; a server ignores one from a client (RFC 9132 section 4.4.1.2, RFC 8783 section 5.1). */
function gatewayMember(client: JsonObject, pointer: string, direction?: Direction): Fault[] {
  if (direction !== 'request' || !Object.hasOwn(client, 'cdid')) return [];
  return [
    rfcFault(
      'client-cdid',
      child(pointer, 'cdid'),
      '8783 5.1',
      'Only a gateway of the server writes "cdid"; remove it from the registration.',
      { severity: 'warning', atName: true },
    ),
  ];
}
