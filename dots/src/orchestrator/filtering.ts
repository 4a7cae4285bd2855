import type { StoredDecision } from '#dots/dotsServer/state/decisions';
import { mitigationKey, type Mitigation } from '#dots/dotsServer/state/lifecycle';
import type { ServedState } from '#dots/dotsServer/state/mitigator';
import { isObject, itemsOf } from '#dots/model/json';
import type { Clock, TimerHandle } from '#dots/runtime/clock';
import type { Policy, PolicyNode } from '#dots/workspace/policy/policy';
import type { World } from '#dots/world/world';
import type { InstalledAt, NodeTables, TableDocument } from './nodeTables';
import { shapeOf } from './requestFacts';
import {
  activeAcls,
  clientFile,
  clientInput,
  hasRules,
  mitigationFile,
  mitigationInput,
  qualifiedName,
} from './rulesInForce';
import { RuleWatches } from './ruleWatches';
import type { RunningMitigation } from './runningMitigation';

export interface FilteringOptions {
  policy: Policy;
  world: World;
  tables: NodeTables;
  clock: Clock;
  /** What is known of a mitigation that has neither rules nor a DMS. */
  withoutRules: (running: RunningMitigation) => void;
}

const aclList = 'ietf-dots-signal-control:acl-list';

/** How long the nodes are programmed in one turn of the event loop, milliseconds. */
const turnMs = 10;

/**
 * Keeps the rules of nodes as the requests and ACLs in force require, and reports to each mitigation what its rules do.
 * What has changed is programmed before the next second; a change costs as much whatever else is in force.
 */
export class Filtering {
  private server: ServedState | undefined;
  private readonly watches: RuleWatches;
  private readonly running = new Map<string, RunningMitigation>();
  private readonly byCuid = new Map<string, Set<RunningMitigation>>();
  /** The mitigations whose rules are from a file. */
  private readonly byFile = new Map<string, Set<RunningMitigation>>();
  /** The files that may have changed. */
  private readonly outdated = new Map<string, () => TableDocument | undefined>();
  private readonly expected = new ExpectedRules();
  private timer: TimerHandle;
  private policy: Policy;

  constructor(private readonly options: FilteringOptions) {
    this.policy = options.policy;
    this.watches = new RuleWatches(options.world, options.policy);
  }

  /** Another policy. @param retired nodes of earlier ones, which have rules of requests that run */
  adopt(policy: Policy, retired: readonly PolicyNode[]): void {
    this.policy = policy;
    this.watches.policy = { quiet: policy.quiet, nodes: [...policy.nodes, ...retired] };
  }

  /** The aliases and ACLs that clients have stored count from now on. */
  attach(server: ServedState): void {
    this.server = server;
    server.watchDataClients((cuid) => this.clientChanged(cuid));
  }

  /** Whether something will happen that needs another second. */
  get isBusy(): boolean {
    return this.outdated.size > 0 || this.watches.isBusy;
  }

  /** The mitigations of a cuid. */
  of(cuid: string): Mitigation[] {
    return [...(this.byCuid.get(cuid) ?? [])].map(({ mitigation }) => mitigation);
  }

  /** How many rules a node has, or is about to have. */
  sizeOf(node: string): number {
    return this.options.tables.sizeOf(node) + this.expected.on(node);
  }

  /** A request was accepted that will add so many rules; without mid the ACLs of the cuid. */
  expect({ cuid, mid }: { cuid: string; mid?: number }, nodes: readonly string[], rules: number): void {
    this.expected.set(mid === undefined ? clientFile(cuid) : mitigationFile({ cuid, mid }), { nodes, rules });
  }

  /** A mitigation begins, or what was decided for it has changed. */
  add(running: RunningMitigation): void {
    const { mitigation } = running;
    this.running.set(mitigationKey(mitigation), running);
    enter(this.byFile, fileOf(mitigation), running);
    const isFirst = enter(this.byCuid, mitigation.cuid, running) === 1;
    this.mitigationChanged(mitigation);
    if (isFirst || switchesAcls(mitigation)) this.clientChanged(mitigation.cuid);
  }

  remove(running: RunningMitigation): void {
    const { mitigation } = running;
    this.watches.leave(running);
    if (this.running.get(mitigationKey(mitigation)) === running) this.running.delete(mitigationKey(mitigation));
    leave(this.byFile, fileOf(mitigation), running);
    const wasLast = leave(this.byCuid, mitigation.cuid, running) === 0;
    this.mitigationChanged(mitigation);
    if (wasLast || switchesAcls(mitigation)) this.clientChanged(mitigation.cuid);
  }

  /** The attack goes on for a mitigation: what it met before does not count. */
  renew(running: RunningMitigation): void {
    this.watches.renew(running);
  }

  /** Programs the nodes with what has changed: in this turn of the event loop as much as fits, the rest in others. */
  program(): void {
    const { clock, tables } = this.options;
    const end = clock.monotonic() + turnMs;
    clock.clearTimeout(this.timer);
    for (const [file, read] of this.outdated) {
      this.outdated.delete(file);
      this.expected.set(file, undefined);
      const changed = tables.set(file, read(), (files) => this.settle(files));
      for (const each of new Set([...changed, file]))
        for (const running of [...this.needing(each)]) this.follow(running);
      if (clock.monotonic() >= end) break;
    }
    if (this.outdated.size > 0) this.timer = clock.setTimeout(() => this.program(), 0);
  }

  /** A second has passed. */
  second(): void {
    this.watches.second();
  }

  close(): void {
    this.options.clock.clearTimeout(this.timer);
  }

  private mitigationChanged({ cuid, mid }: Mitigation): void {
    this.outdated.set(mitigationFile({ cuid, mid }), () => this.mitigationDocument({ cuid, mid }));
  }

  private clientChanged(cuid: string): void {
    this.outdated.set(clientFile(cuid), () => this.clientDocument(cuid));
    for (const mitigation of this.of(cuid))
      if (mitigation.scope['alias-name'] !== undefined) this.mitigationChanged(mitigation);
  }

  private mitigationDocument(id: { cuid: string; mid: number }): TableDocument | undefined {
    const mitigation = this.running.get(mitigationKey(id))?.mitigation;
    const decision = this.server?.decisions.of(id);
    if (mitigation === undefined || switchesAcls(mitigation) || !hasRules(decision)) return undefined;
    const client = mitigation.scope['alias-name'] === undefined ? undefined : this.server?.dataClient(id.cuid);
    return {
      input: mitigationInput(mitigation, decision, true),
      supporting: client === undefined ? [] : [clientInput(client, [], true)],
      order: `mitigation ${id.cuid} ${String(id.mid).padStart(10, '0')}`,
      nodes: this.nodesOf(decision),
    };
  }

  private clientDocument(cuid: string): TableDocument | undefined {
    const client = this.server?.dataClient(cuid);
    const decision = this.server?.decisions.of({ cuid });
    const acls = client === undefined || !hasRules(decision) ? [] : activeAcls(client, this.of(cuid).slice(0, 1));
    if (client === undefined || acls.length === 0) return undefined;
    return { input: clientInput(client, acls, true), order: `client ${cuid}`, nodes: this.nodesOf(decision) };
  }

  private nodesOf(decision: StoredDecision | undefined): readonly string[] {
    return decision?.nodes ?? this.policy.nodes.map(({ name }) => name);
  }

  private needing(file: string): Iterable<RunningMitigation> {
    return this.byFile.get(file) ?? [];
  }

  private settle(files: Iterable<string>): void {
    for (const file of files) for (const running of this.needing(file)) running.drops.settle();
  }

  /** The rules of a mitigation may be other ones. */
  private follow(running: RunningMitigation): void {
    if (running.scrubbing !== undefined) return this.watches.leave(running);
    const rules = this.rulesFor(running.mitigation);
    running.drops.follow(rules ?? []);
    if (rules === undefined) this.options.withoutRules(running);
    else this.watches.join(running, rules);
  }

  /** The rules of the scope, or of the ACLs that it switches; undefined where its scope has none. */
  private rulesFor({ cuid, mid, scope }: Mitigation): readonly InstalledAt[] | undefined {
    const { tables } = this.options;
    if (!shapeOf(scope).acls) {
      const rules = tables.from(mitigationFile({ cuid, mid }));
      return rules.length === 0 ? undefined : rules;
    }
    const names = new Set(
      itemsOf(scope[aclList])
        .filter(isObject)
        .map(({ 'acl-name': name }) => qualifiedName(cuid, name)),
    );
    return tables.from(clientFile(cuid)).filter(({ source }) => source.acl !== undefined && names.has(source.acl));
  }
}

const switchesAcls = ({ scope }: Mitigation): boolean => shapeOf(scope).acls;

/** The file that the rules of a mitigation are from. */
const fileOf = (mitigation: Mitigation): string =>
  switchesAcls(mitigation) ? clientFile(mitigation.cuid) : mitigationFile(mitigation);

/** Adds to a set; returns its size. */
function enter<T>(sets: Map<string, Set<T>>, key: string, item: T): number {
  const set = sets.get(key) ?? new Set();
  sets.set(key, set.add(item));
  return set.size;
}

/** Takes out of a set; returns its size. */
function leave<T>(sets: Map<string, Set<T>>, key: string, item: T): number {
  const set = sets.get(key);
  set?.delete(item);
  if (set?.size === 0) sets.delete(key);
  return set?.size ?? 0;
}

interface Expected {
  nodes: readonly string[];
  rules: number;
}

/** Rules of requests that are accepted and not on their nodes yet, by file. */
class ExpectedRules {
  private readonly byFile = new Map<string, Expected>();
  private readonly byNode = new Map<string, number>();

  on(node: string): number {
    return this.byNode.get(node) ?? 0;
  }

  set(file: string, expected: Expected | undefined): void {
    this.count(this.byFile.get(file), -1);
    if (expected === undefined) this.byFile.delete(file);
    else this.byFile.set(file, expected);
    this.count(expected, 1);
  }

  private count(expected: Expected | undefined, sign: 1 | -1): void {
    for (const node of expected?.nodes ?? []) this.byNode.set(node, this.on(node) + sign * (expected?.rules ?? 0));
  }
}
