import type { Fault } from '../model/finding';
import { isObject, itemsOf, type JsonObject, type JsonValue } from '../model/json';
import { documentType, type DocumentKind } from '../model/documents';
import { child } from '../model/pointer';
import type { Direction } from '#dots/model/direction';
import { aclFaults } from './rules/acls';
import { aliasFaults } from './rules/aliases';
import { configFaults } from './rules/config';
import { mitigationFaults } from './rules/mitigation';
import { clientFaults } from './rules/clients';
import { redirectFaults } from './rules/redirect';
import { telemetryFaults, telemetrySetupFaults } from './rules/telemetry';

/** The rules of one kind: body of the top-level member, its pointer, and the direction as far as it is known. */
export type Rules = (body: JsonObject, pointer: string, direction: Direction | undefined) => Fault[];

const rules: Partial<Record<DocumentKind, Rules>> = {
  'mitigation-scope': mitigationFaults,
  'signal-config': configFaults,
  'redirected-signal': redirectFaults,
  'telemetry-setup': telemetrySetupFaults,
  telemetry: telemetryFaults,
  acls: aclFaults,
  aliases: aliasFaults,
  'dots-data': clientFaults,
};

/**
 * What the RFCs require in prose and YANG cannot express (class `rfc`, some class `advice`). Malformed parts are
 * skipped.
 */
export function rfcFaults(kind: DocumentKind, document: JsonObject, direction?: Direction): Fault[] {
  const member = documentType(kind).topMember;
  const body: JsonValue | undefined = document[member];
  const pointer = child('', member);
  if (kind === 'dots-client') return clientFaults({ 'dots-client': itemsOf(body) }, '', direction, pointer);
  return isObject(body) ? (rules[kind]?.(body, pointer, direction) ?? []) : [];
}
