import type { StoredDecision } from '#dots/dotsServer/state/decisions';
import { isActiveAcl } from '#dots/dotsServer/state/activation';
import type { DataClient } from '#dots/dotsServer/state/dataClient';
import { inForce, type Mitigation } from '#dots/dotsServer/state/lifecycle';
import {
  translate,
  type Equivalence,
  type FlowspecFinding,
  type FlowspecInput,
  type FlowspecRule,
} from '#dots/flowspec/translate';
import { documentType } from '#dots/model/documents';
import { itemsOf, type JsonObject, type JsonValue } from '#dots/model/json';
import { withinDomain } from './clientDomainAcls';

/** The Flowspec rules in force at a time, and the documents they come from: one per client and per mitigation. */
export interface RulesInForce {
  inputs: FlowspecInput[];
  rules: FlowspecRule[];
  findings: FlowspecFinding[];
  /** Whether routers treat packets as the documents of all clients say. */
  equivalence: Equivalence;
}

/** What clients have requested and created, and what was decided for it. */
export interface InForce {
  clients: readonly DataClient[];
  mitigations: readonly Mitigation[];
  decisionOf: (id: Pick<StoredDecision, 'cuid' | 'mid'>) => StoredDecision | undefined;
}

const mitigationMember = documentType('mitigation-scope').topMember;
const dataMember = documentType('dots-data').topMember;
const aclList = 'ietf-dots-signal-control:acl-list';

/**
 * The rules in force: active ACLs, then mitigations, of all clients together, because routers have one table.
 * @param node of this forwarding node alone
 */
export function rulesInForce(state: InForce, node?: string): RulesInForce {
  const inputs = inputsInForce(state, node);
  const { rules, findings, equivalence } = translate(inputs);
  return { inputs, rules, findings, equivalence };
}

/** The documents whose rules are in force on a node; undefined: on any. */
function inputsInForce({ clients, mitigations, decisionOf }: InForce, node?: string): FlowspecInput[] {
  const active = mitigations.filter(inForce);
  const isHere = (decision: StoredDecision | undefined): boolean =>
    hasRules(decision) && (node === undefined || decision?.nodes?.includes(node) !== false);
  const withData = clients.filter(({ aliases, acls }) => aliases.length + acls.length > 0);
  const qualified = withData.length > 1;
  const sorted = [...withData].sort((a, b) => (a.cuid < b.cuid ? -1 : 1));
  return [
    ...sorted.flatMap((client) => {
      const acls = isHere(decisionOf({ cuid: client.cuid })) ? activeAcls(client, active) : [];
      const isNamed = active.some(({ cuid, scope }) => cuid === client.cuid && scope['alias-name'] !== undefined);
      return acls.length > 0 || isNamed ? [clientInput(client, acls, qualified)] : [];
    }),
    ...active
      .filter(({ scope, ...id }) => itemsOf(scope[aclList]).length === 0 && isHere(decisionOf(id)))
      .sort((a, b) => (a.cuid === b.cuid ? a.mid - b.mid : a.cuid < b.cuid ? -1 : 1))
      .map((mitigation) => mitigationInput(mitigation, decisionOf(mitigation), qualified)),
  ];
}

/** Whether what was decided needs rules: a DMS that diverts by BGP does not. */
export const hasRules = (decision: StoredDecision | undefined): boolean =>
  decision?.action !== 'none' && !(decision?.action === 'scrub' && decision.redirect === undefined);

/** The ACLs of a client that filter now, within its prefixes. */
export function activeAcls(client: DataClient, mitigations: readonly Mitigation[]): JsonObject[] {
  return client.acls
    .map(({ value }) => value)
    .filter((acl) => isActiveAcl(acl, client, mitigations))
    .map((acl) => withinDomain(acl, client.ownPrefixes));
}

/** A client's documents; they were validated on arrival. Names are of one client: of several they are qualified. */
export function clientInput({ cuid, aliases }: DataClient, acls: JsonObject[], qualified: boolean): FlowspecInput {
  const rename = (entry: JsonObject): JsonObject =>
    qualified ? { ...entry, name: qualifiedName(cuid, entry.name) } : entry;
  const client = {
    cuid,
    aliases: { alias: aliases.map(({ value }) => rename(value)) },
    acls: { acl: acls.map(rename) },
  };
  return { file: clientFile(cuid), value: { [dataMember]: { 'dots-client': [client] } }, faults: [] };
}

export const qualifiedName = (cuid: string, name: JsonValue | undefined): string => `${cuid} ${String(name)}`;

/** What a client's documents, and a mitigation, are called among the inputs. */
export const clientFile = (cuid: string): string => `client ${cuid}`;
export const mitigationFile = ({ cuid, mid }: Pick<Mitigation, 'cuid' | 'mid'>): string =>
  `mitigation ${mid} of ${cuid}`;

/**
 * A request without the members that decide when it takes effect: it is in force, and was validated on arrival. What
 * is scrubbed is redirected with all traffic of its targets.
 */
export function mitigationInput(
  { cuid, mid, scope }: Pick<Mitigation, 'cuid' | 'mid' | 'scope'>,
  decision?: Pick<StoredDecision, 'redirect'>,
  qualified = false,
): FlowspecInput {
  const isRedirected = decision?.redirect !== undefined;
  const left = Object.entries(scope).filter(([name]) =>
    isRedirected ? targetMembers.has(name) : name !== aclList && name !== 'trigger-mitigation',
  );
  const { 'alias-name': names, ...rest }: JsonObject = Object.fromEntries(left);
  const aliases = itemsOf(names).map((name) => (qualified ? qualifiedName(cuid, name) : name));
  const value = { [mitigationMember]: { scope: [{ ...rest, ...(aliases.length > 0 && { 'alias-name': aliases }) }] } };
  const action =
    decision?.redirect === undefined ? {} : { action: { kind: 'redirect', rt: decision.redirect } as const };
  return { file: mitigationFile({ cuid, mid }), value, faults: [], ...action };
}

const targetMembers: ReadonlySet<string> = new Set(['target-prefix', 'target-fqdn', 'target-uri', 'alias-name']);
