import { documentType } from '#dots/model/documents';
import type { JsonObject } from '#dots/model/json';
import { translate, type FlowspecFinding, type FlowspecInput, type FlowspecRule } from '#dots/flowspec/translate';
import { withinDomain } from './clientDomainAcls';
import { isActiveAcl } from '#dots/dotsServer/state/activation';
import type { DataClient } from '#dots/dotsServer/state/dataClient';
import { inForce, type Mitigation } from '#dots/dotsServer/state/lifecycle';

/** The Flowspec rules in force at a time, and the documents they come from: one per client and per mitigation. */
export interface RulesInForce {
  inputs: FlowspecInput[];
  rules: FlowspecRule[];
  findings: FlowspecFinding[];
}

const mitigationMember = documentType('mitigation-scope').topMember;
const dataMember = documentType('dots-data').topMember;

/**
 * The rules in force: active ACLs, then mitigations, client by client. Each client is translated separately, because an
 * alias name may have another definition for another client.
 */
export function rulesInForce({
  clients,
  mitigations,
}: {
  clients: readonly DataClient[];
  mitigations: readonly Mitigation[];
}): RulesInForce {
  const active = mitigations.filter(inForce);
  const cuids = [...new Set([...clients, ...active].map(({ cuid }) => cuid))].sort();
  const parts = cuids.map((cuid) =>
    rulesOfClient(
      clients.find((client) => client.cuid === cuid),
      active.filter((mitigation) => mitigation.cuid === cuid),
    ),
  );
  return {
    inputs: parts.flatMap(({ inputs }) => inputs),
    rules: parts.flatMap(({ rules }) => rules),
    findings: parts.flatMap(({ findings }) => findings),
  };
}

function rulesOfClient(client: DataClient | undefined, mitigations: readonly Mitigation[]): RulesInForce {
  const acls = (client?.acls ?? [])
    .map(({ value }) => value)
    .filter((acl) => client !== undefined && isActiveAcl(acl, client, mitigations))
    .map((acl) => withinDomain(acl, client?.ownPrefixes));
  if (acls.length === 0 && mitigations.length === 0) return { inputs: [], rules: [], findings: [] };
  const hasData = client !== undefined && acls.length + client.aliases.length > 0;
  const inputs = [...(hasData ? [clientInput(client, acls)] : []), ...mitigations.map(mitigationInput)];
  const { rules, findings } = translate(inputs);
  return { inputs, rules, findings };
}

/** A client's documents; they were validated on arrival. */
function clientInput({ cuid, aliases }: DataClient, acls: JsonObject[]): FlowspecInput {
  const client = { cuid, aliases: { alias: aliases.map(({ value }) => value) }, acls: { acl: acls } };
  return { file: `client ${cuid}`, value: { [dataMember]: { 'dots-client': [client] } }, faults: [] };
}

/** A request without the members that decide when it takes effect: it is in force, and was validated on arrival. */
function mitigationInput({ cuid, mid, scope }: Mitigation): FlowspecInput {
  const rest = Object.entries(scope).filter(
    ([name]) => name !== 'ietf-dots-signal-control:acl-list' && name !== 'trigger-mitigation',
  );
  const value = { [mitigationMember]: { scope: [Object.fromEntries(rest)] } };
  return { file: `mitigation ${mid} of ${cuid}`, value, faults: [] };
}
