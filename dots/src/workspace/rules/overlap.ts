import { canonical } from '#dots/check/canonical';
import { planAt } from '#dots/check/plan';
import { NetworkIndex } from '#dots/model/networkIndex';
import { formatPrefix, parsePrefix, type Prefix } from '#dots/model/prefix';
import {
  aliasesOf,
  crossFault,
  isStatus,
  mayBeSameClient,
  shortName,
  type CrossRule,
  type Defined,
  type DocumentSet,
  type Member,
  type PlacedFault,
} from '../documentSet';
import type { AliasFact, ScopeFact, Targets, TextAt } from '../facts';

/** A mitigation request of the set, and what it protects, its aliases looked up. */
interface Request {
  member: Member;
  scope: ScopeFact;
  names: Set<string>;
  networks: Prefix[];
}

type Aliases = ReadonlyMap<string, Defined<AliasFact>[]>;

/** Requests of one client that share a target: the higher mid wins, the lower is deleted (RFC 9132 section 4.4.1.3). */
export const overlappingRequests: CrossRule = (set) => {
  if (!set.complete) return [];
  return [...clientsOf(set).values()].flatMap((requests) => {
    const shared = sharedTargets(requests);
    return [...shared].flatMap(([request, others]) => overlapFaults(request, others));
  });
};

/**
 * Two documents that are sent under one mid: the server treats the second as a refresh of the first, and refuses it if
 * it is not one (RFC 9132 section 4.4.1).
 */
export const doubleMids: CrossRule = (set) =>
  [...clientsOf(set).values()].flatMap((requests) => {
    const first = new Map<number, Request>();
    return requests.flatMap((request) => {
      const { mid } = request.member.context;
      const other = mid === undefined ? undefined : first.get(mid);
      if (mid === undefined || other?.member === request.member) return [];
      if (other === undefined) {
        first.set(mid, request);
        return [];
      }
      if (refreshed(request.scope) === refreshed(other.scope)) return [];
      const related = [
        { file: other.member.file, pointer: other.scope.pointer, message: `the other request of mid ${mid}` },
      ];
      return [
        crossFault(
          request.member,
          'error',
          'double-mid',
          request.scope.pointer,
          '9132 4.4.1.3',
          `${shortName(other.member.file)} is sent as mid ${mid} too: the server treats the later one as a refresh and refuses any difference except the lifetime. Use a higher mid.`,
          related,
        ),
      ];
    });
  });

/** What a refresh must not change: everything except the lifetime. */
function refreshed({ value }: ScopeFact): string {
  return canonical({ 'trigger-mitigation': true, ...value, lifetime: 0 }, planAt('mitigation-scope', 'scope'));
}

/** The requests of each client: those without a cuid are of one client. Efficacy updates do not count. */
function clientsOf(set: DocumentSet): Map<string, Request[]> {
  const aliases = aliasesOf(set);
  const clients = new Map<string, Request[]>();
  for (const member of set.members) {
    if (!member.certain || isStatus(member)) continue;
    const key = `${member.context.cuid ?? ''} ${member.context.profile ?? ''}`;
    const requests = clients.get(key) ?? [];
    for (const scope of member.facts.scopes) if (!scope.efficacy) requests.push(requestOf(member, scope, aliases));
    clients.set(key, requests);
  }
  return clients;
}

function requestOf(member: Member, scope: ScopeFact, aliases: Aliases): Request {
  const request: Request = { member, scope, names: new Set(), networks: [] };
  add(request, scope.targets);
  for (const { text } of scope.targets.aliases) {
    request.names.add(`alias ${text}`);
    for (const { fact, cuid } of aliases.get(text) ?? [])
      if (mayBeSameClient(cuid, member.context.cuid)) add(request, fact.targets);
  }
  return request;
}

function add({ names, networks }: Request, { prefixes, fqdns, uris }: Targets): void {
  for (const { text } of fqdns) names.add(text.toLowerCase());
  for (const { text } of uris) names.add(text);
  networks.push(...networksOf(prefixes));
}

const knownNetworks = new WeakMap<readonly TextAt[], Prefix[]>();

/** The prefixes of a document, read once. */
function networksOf(prefixes: readonly TextAt[]): Prefix[] {
  const networks =
    knownNetworks.get(prefixes) ??
    prefixes.map(({ text }) => parsePrefix(text)).filter((prefix) => prefix !== undefined);
  knownNetworks.set(prefixes, networks);
  return networks;
}

/** For each request those of the same trigger type that share a target with it, and the target. */
function sharedTargets(requests: readonly Request[]): Map<Request, Map<Request, string>> {
  const shared = new Map<Request, Map<Request, string>>();
  const note = (one: Request, other: Request, target: string): void => {
    if (one.member === other.member || one.scope.immediate !== other.scope.immediate) return;
    for (const [from, to] of [
      [one, other],
      [other, one],
    ] as const) {
      const known = shared.get(from) ?? new Map<Request, string>();
      if (!known.has(to)) shared.set(from, known.set(to, target));
    }
  };
  const names = new Map<string, Request[]>();
  const networks = new NetworkIndex<Request>();
  for (const request of requests) {
    for (const name of request.names) {
      const others = names.get(name) ?? [];
      for (const other of others) note(request, other, name);
      others.push(request);
      names.set(name, others);
    }
    for (const network of request.networks) networks.add(network, request);
  }
  for (const request of requests)
    for (const network of request.networks)
      for (const other of networks.covering(network)) note(request, other, formatPrefix(network));
  return shared;
}

function overlapFaults(request: Request, others: ReadonlyMap<Request, string>): PlacedFault[] {
  const { mid } = request.member.context;
  const known = [...others].filter(([other]) => mid !== undefined && other.member.context.mid !== undefined);
  const higher = known.filter(([other]) => (other.member.context.mid as number) > (mid as number));
  const lower = known.filter(([other]) => (other.member.context.mid as number) < (mid as number));
  const open = [...others].filter(([other]) => mid === undefined || other.member.context.mid === undefined);
  return [...deleted(request, higher), ...deletes(request, lower), ...undecided(request, open)];
}

type Others = readonly [Request, string][];

/** Most other requests that one finding names. */
const namedAtMost = 5;

const relatedTo = (
  others: Others,
  message: (target: string) => string,
): { file: string; pointer: string; message: string }[] =>
  others
    .slice(0, namedAtMost)
    .map(([other, target]) => ({ file: other.member.file, pointer: other.scope.pointer, message: message(target) }));

const named = (others: Others): string => {
  const names = others
    .slice(0, namedAtMost)
    .map(([{ member }]) => `mid ${member.context.mid ?? 0} in ${shortName(member.file)}`);
  return `${names.join(', ')}${others.length > namedAtMost ? `, and ${others.length - namedAtMost} more` : ''}`;
};

function deleted(request: Request, higher: Others): PlacedFault[] {
  const [first] = higher;
  if (first === undefined) return [];
  // A request that activates or deactivates ACLs must repeat the targets under a new mid (RFC 9133 section 3.2.1): it
  // is meant to replace.
  const meant = higher.every(([{ scope }]) => scope.acls.length > 0);
  const message = `This request (mid ${request.member.context.mid ?? 0}) shares ${first[1]} with ${named(higher)}: the higher mid wins, and the server deletes this one.`;
  return [
    crossFault(
      request.member,
      meant ? 'information' : 'warning',
      'deleted-request',
      request.scope.pointer,
      '9132 4.4.1.3',
      message,
      relatedTo(higher, (target) => `shares ${target} and wins`),
    ),
  ];
}

function deletes(request: Request, lower: Others): PlacedFault[] {
  const [first] = lower;
  if (first === undefined) return [];
  const message = `This request (mid ${request.member.context.mid ?? 0}) shares ${first[1]} with ${named(lower)}: the server deletes the one with the lower mid.`;
  return [
    crossFault(
      request.member,
      'information',
      'deletes-request',
      request.scope.pointer,
      '9132 4.4.1.3',
      message,
      relatedTo(lower, (target) => `shares ${target} and is deleted`),
    ),
  ];
}

function undecided(request: Request, others: Others): PlacedFault[] {
  const [first] = others;
  if (first === undefined) return [];
  const message = `This request shares ${first[1]} with ${shortName(first[0].member.file)}: of two requests of one client that overlap, the server deletes the one with the lower mid.`;
  return [
    crossFault(
      request.member,
      'information',
      'overlapping-requests',
      request.scope.pointer,
      '9132 4.4.1.3',
      message,
      relatedTo(others, (target) => `shares ${target}`),
    ),
  ];
}
