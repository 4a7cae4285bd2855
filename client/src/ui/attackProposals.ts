import type { QuickPickItem } from 'vscode';
import type { JsonObject } from '#dots/model/json';
import { isObject, itemsOf } from '#dots/model/json';
import { sharedTargets } from '#dots/model/sharedTargets';
import { plural } from '#dots/words/quantities';
import { targetWords } from '#dots/words/targets';
import type { Destination } from '#dots/workspace/destination';
import { destinationName } from './destinationText';
import { labelText } from './textLayout';
import type { EntryRef } from './treeNode';

/** What can be done against an attack. */
export interface AttackPlan {
  /** The mitigation request. */
  request: JsonObject;
  scope: JsonObject;
  destination: Destination;
  /** The prepared ACLs at the same server that concern the targets and are not always active. */
  acls: readonly EntryRef[];
  /** How many Flowspec rules the request becomes. */
  rules: number;
  /** The legitimate traffic that these would drop, one sentence each. */
  hits: readonly string[];
}

/** What the user chooses: what is sent, and what is switched on. */
export interface Proposal extends QuickPickItem {
  request: boolean;
  acls: readonly EntryRef[];
  /** Whether only the document with its rules is shown. */
  preview?: true;
}

/** The proposals, each with its destination, its rules, and the legitimate traffic that it would hit. */
export function proposals(plan: AttackPlan): Proposal[] {
  const { destination, scope, acls, rules, hits } = plan;
  const description = `to ${destinationName(destination)}`;
  const names = acls.map(({ name }) => labelText(name)).join(', ');
  const traffic =
    hits.length === 0 ? 'hits none of the traffic that your ACLs accept' : `HITS LEGITIMATE TRAFFIC: ${hits.join(' ')}`;
  const asked = `${labelText(targetWords(scope))}; ${plural(rules, 'Flowspec rule')}; ${labelText(traffic)}`;
  const request: Proposal = {
    label: '$(send) Send a mitigation request',
    description,
    detail: asked,
    request: true,
    acls: [],
  };
  const show: Proposal = {
    label: '$(open-preview) Only show the request and its Flowspec',
    description: 'nothing is sent',
    request: true,
    acls: [],
    preview: true,
  };
  if (acls.length === 0) return [request, show];
  return [
    request,
    {
      label: `$(filter) Switch on ${plural(acls.length, 'prepared ACL')}`,
      description,
      detail: names,
      request: false,
      acls,
    },
    { label: '$(shield) Both', description, detail: `${asked}; ${names}`, request: true, acls },
    show,
  ];
}

/** The prepared ACLs of a client that name one of the targets as a destination, by what is installed. */
export function preparedFor(
  scope: JsonObject,
  session: string,
  cuid: string,
  entries: readonly { container: EntryRef['container']; entry: JsonObject }[],
): EntryRef[] {
  return entries
    .filter(({ container, entry }) => container === 'acls' && entry['activation-type'] !== 'immediate')
    .filter(({ entry }) => sharedTargets(scope, { 'target-prefix': destinationsOf(entry) }) !== undefined)
    .map(({ container, entry }) => ({ container, name: String(entry.name), cuid, session }));
}

function destinationsOf({ aces }: JsonObject): string[] {
  const all = isObject(aces) ? itemsOf(aces.ace).filter(isObject) : [];
  return all.flatMap(({ matches }) => {
    const { ipv4, ipv6 } = isObject(matches) ? matches : {};
    const networks = [
      isObject(ipv4) ? ipv4['destination-ipv4-network'] : undefined,
      isObject(ipv6) ? ipv6['destination-ipv6-network'] : undefined,
    ];
    return networks.filter((network) => typeof network === 'string');
  });
}
