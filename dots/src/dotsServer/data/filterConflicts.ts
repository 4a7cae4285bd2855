import { canonical } from '#dots/check/canonical';
import { planAt } from '#dots/check/plan';
import type { JsonObject } from '#dots/model/json';
import { nextTurn } from '#dots/runtime/nextTurn';
import { hasDestination } from '../state/clientDomain';
import type { DataClient, StoredEntry } from '../state/dataClient';
import type { DataClients } from '../state/dataClients';
import { entriesIn } from './registration';

/** How many ACEs are read in one turn of the event loop. */
const preparedAtOnce = 256;

/** What an ACE matches and does: equal texts for what means the same, however it is written. */
interface Meaning {
  matches: string;
  actions: string;
  hasDestination: boolean;
}

/** An ACE of a client that is new, or is no more. */
interface Counted {
  cuid: string;
  actions: string;
  change: 1 | -1;
}

/** Whose ACEs they are: those without a destination apply to its prefixes alone. */
interface Domain {
  cuid: string;
  ownPrefixes?: readonly string[] | undefined;
}

/**
 * The ACEs of all clients by what they match. Whether an ACE has another action than those of other clients is one
 * look-up, however many there are. Follows every change of the clients.
 */
export class FilterConflicts {
  private readonly filters = new Map<string, SameMatches>();
  private readonly meanings = new WeakMap<JsonObject, Meaning>();

  constructor(clients: DataClients) {
    clients.watch((before, after) => this.follow(before, after));
  }

  /** Reads what ACEs match and do, in turns between which others have theirs. */
  async prepare(aces: readonly JsonObject[]): Promise<void> {
    for (let first = 0; first < aces.length; first += preparedAtOnce) {
      await nextTurn();
      for (const ace of aces.slice(first, first + preparedAtOnce)) this.meaningOf(ace);
    }
  }

  /**
   * The first of the ACEs for whose matches another client has another action: RFC 8783 section 7.2.
   * @param domain of the client that has them
   */
  firstOf(aces: readonly JsonObject[], domain: Domain): JsonObject | undefined {
    return aces.find((ace) => {
      const meaning = this.meaningOf(ace);
      return trafficOf(meaning, domain).some((traffic) =>
        this.filters.get(traffic)?.isContradicted(domain.cuid, meaning.actions),
      );
    });
  }

  private follow(before: DataClient | undefined, after: DataClient | undefined): void {
    const isSameDomain = before !== undefined && after !== undefined && prefixesOf(before) === prefixesOf(after);
    if (isSameDomain && before.acls === after.acls) return;
    const [old, fresh] = [new Set(before?.acls), new Set(after?.acls)];
    for (const acl of fresh) if (after !== undefined && !(isSameDomain && old.has(acl))) this.count(after, acl, 1);
    for (const acl of old) if (before !== undefined && !(isSameDomain && fresh.has(acl))) this.count(before, acl, -1);
  }

  private count(domain: Domain, { value }: StoredEntry, change: 1 | -1): void {
    for (const ace of acesOf(value)) {
      const meaning = this.meaningOf(ace);
      for (const traffic of trafficOf(meaning, domain))
        this.countOne(traffic, { ...meaning, cuid: domain.cuid, change });
    }
  }

  private countOne(traffic: string, { cuid, actions, change }: Counted): void {
    const same = this.filters.get(traffic) ?? new SameMatches();
    same.count(cuid, actions, change);
    if (same.isEmpty) this.filters.delete(traffic);
    else this.filters.set(traffic, same);
  }

  private meaningOf(ace: JsonObject): Meaning {
    const known = this.meanings.get(ace);
    if (known !== undefined) return known;
    const meaning = {
      matches: textOf(ace, 'matches'),
      actions: textOf(ace, 'actions'),
      hasDestination: hasDestination(ace),
    };
    this.meanings.set(ace, meaning);
    return meaning;
  }
}

/** The traffic that an ACE of a client applies to, as texts that are equal for the same traffic. */
function trafficOf({ matches, hasDestination: isComplete }: Meaning, { ownPrefixes }: Domain): string[] {
  if (isComplete || ownPrefixes === undefined) return [matches];
  return ownPrefixes.map((prefix) => `${matches} to ${prefix}`);
}

const prefixesOf = ({ ownPrefixes }: Domain): string | undefined => ownPrefixes?.join(' ');

/** The ACEs of an ACL. */
export const acesOf = (acl: JsonObject): JsonObject[] => entriesIn(acl.aces, 'aces');

function textOf(ace: JsonObject, member: 'matches' | 'actions'): string {
  return canonical(ace[member] ?? {}, planAt('acls', 'acl', 'aces', 'ace', member));
}

/** The ACEs that match the same traffic, as numbers. */
class SameMatches {
  /** How many ACEs each client has, by cuid and action. */
  private readonly byCuid = new Map<string, Map<string, number>>();
  /** How many clients have each action. */
  private readonly byAction = new Map<string, number>();
  /** How many pairs of a client and one of its actions there are. */
  private pairs = 0;

  get isEmpty(): boolean {
    return this.pairs === 0;
  }

  /** Whether another client has another action. */
  isContradicted(cuid: string, action: string): boolean {
    const own = this.byCuid.get(cuid);
    const agreeing = (this.byAction.get(action) ?? 0) - (own?.has(action) === true ? 1 : 0);
    return this.pairs - (own?.size ?? 0) > agreeing;
  }

  count(cuid: string, action: string, change: 1 | -1): void {
    const own = this.byCuid.get(cuid) ?? new Map<string, number>();
    const had = own.has(action);
    add(own, action, change);
    if (own.size === 0) this.byCuid.delete(cuid);
    else this.byCuid.set(cuid, own);
    if (own.has(action) === had) return;
    this.pairs += change;
    add(this.byAction, action, change);
  }
}

/** Adds to a number in a map, which has no zeros. */
function add(numbers: Map<string, number>, key: string, change: number): void {
  const sum = (numbers.get(key) ?? 0) + change;
  if (sum === 0) numbers.delete(key);
  else numbers.set(key, sum);
}
