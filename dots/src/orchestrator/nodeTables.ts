import type { FlowspecInput, FlowspecRule } from '#dots/flowspec/translate';
import type { Place } from '#dots/flowspec/bgp/rule';
import { isObject, type JsonObject } from '#dots/model/json';
import { at as valueIn } from '#dots/model/pointer';
import type { World } from '#dots/world/world';
import { DocumentGroups } from './documentGroups';
import type { Translations } from './translations';

/** A document that is in force, and what it needs to be translated. */
export interface TableDocument {
  input: FlowspecInput;
  /** Documents that it names things of. */
  supporting?: readonly FlowspecInput[];
  /** Its place in the order of all documents, which is that of first-match evaluation. */
  order: string;
  /** The nodes that have its rules. */
  nodes: readonly string[];
}

/** A rule on a node; one that several documents need is installed once. */
export interface TableRule {
  /** The same for the same match. */
  id: string;
  rule: FlowspecRule;
  sources: RuleSource[];
}

/** The document that a rule is from; of a client's documents also the ACL and its entry. */
export interface RuleSource {
  file: string;
  acl?: string;
  ace?: string;
}

/** A rule on a node. */
export interface InstalledAt {
  node: string;
  id: string;
}

interface SourcedRule extends InstalledAt {
  source: RuleSource;
}

/** The rules of forwarding nodes: they follow from the documents that are in force. */
export class NodeTables {
  private readonly tables = new Map<string, NodeRules>();

  constructor(
    nodes: readonly string[],
    private readonly world: World,
    private readonly translations: Translations,
  ) {
    this.add(nodes);
  }

  /** Further nodes, without rules; those that are known stay as they are. */
  add(nodes: readonly string[]): void {
    for (const node of nodes)
      if (!this.tables.has(node)) this.tables.set(node, new NodeRules(node, this.world, this.translations));
  }

  /**
   * Sets a document; undefined: it is no longer in force. A document is translated once, and with others only where
   * their order matters.
   * @param willChange receives the files whose rules are about to change, before they do
   * @returns the same files
   */
  set(
    file: string,
    document: TableDocument | undefined,
    willChange: (files: Iterable<string>) => void,
  ): ReadonlySet<string> {
    const changed = new Set<string>();
    for (const [node, table] of this.tables) {
      const own = document?.nodes.includes(node) === true ? document : undefined;
      for (const each of table.set(file, own, willChange)) changed.add(each);
    }
    return changed;
  }

  /** The rules of a node, in the order of the documents. */
  of(node: string): TableRule[] {
    return this.tables.get(node)?.all() ?? [];
  }

  sizeOf(node: string): number {
    return this.tables.get(node)?.size ?? 0;
  }

  /** The rules of a document on all nodes. */
  from(file: string): SourcedRule[] {
    return [...this.tables.values()].flatMap((table) => table.from(file));
  }
}

/** A rule that a node has, and the groups of documents that need it: the first of them decides what it does. */
interface NeededRule {
  by: Map<ReadonlySet<string>, TableRule>;
  /** The actions that the node has for it. */
  actions: string;
}

/** The rules of one node. */
class NodeRules {
  private readonly documents = new Map<string, TableDocument>();
  private readonly groups = new DocumentGroups();
  private readonly rulesOf = new Map<ReadonlySet<string>, readonly TableRule[]>();
  private readonly needed = new Map<string, NeededRule>();

  constructor(
    private readonly node: string,
    private readonly world: World,
    private readonly translations: Translations,
  ) {}

  get size(): number {
    return this.needed.size;
  }

  set(
    file: string,
    document: TableDocument | undefined,
    willChange: (files: Iterable<string>) => void,
  ): ReadonlySet<string> {
    if (document === undefined && !this.documents.delete(file)) return new Set();
    if (document !== undefined) this.documents.set(file, document);
    const { left, made } = this.groups.set(file, document && this.translated([document]));
    const files = new Set([...left, ...made].flatMap((group) => [...group]));
    willChange(files);
    const ids = new Set([...left].flatMap((group) => this.release(group)));
    for (const group of made) for (const id of this.require(group)) ids.add(id);
    for (const id of ids) this.install(id);
    return files;
  }

  all(): TableRule[] {
    const rules = [...this.needed.values()].map(({ by }) => {
      const all = [...by.values()];
      return { ...(all[0] as TableRule), sources: all.flatMap(({ sources }) => sources) };
    });
    const placeOf = ({ sources: [source] }: TableRule): string => this.documents.get(source?.file ?? '')?.order ?? '';
    return rules.sort((one, other) => (placeOf(one) < placeOf(other) ? -1 : placeOf(one) > placeOf(other) ? 1 : 0));
  }

  from(file: string): SourcedRule[] {
    const rules = this.rulesOf.get(this.groups.groupOf(file)) ?? [];
    return rules.flatMap(({ id, sources }) =>
      sources.filter((source) => source.file === file).map((source) => ({ node: this.node, id, source })),
    );
  }

  /** A group needs its rules no longer. Returns their ids. */
  private release(group: ReadonlySet<string>): string[] {
    const rules = this.rulesOf.get(group) ?? [];
    this.rulesOf.delete(group);
    for (const { id } of rules) this.needed.get(id)?.by.delete(group);
    return rules.map(({ id }) => id);
  }

  /** A group needs the rules of its documents in their order. Returns their ids. */
  private require(group: ReadonlySet<string>): string[] {
    const documents = [...group].flatMap((file) => this.documents.get(file) ?? []);
    const inputs = documents.sort((one, other) => (one.order < other.order ? -1 : 1));
    const rules = tableOf(
      this.translated(inputs),
      inputs.map(({ input }) => input),
    );
    this.rulesOf.set(group, rules);
    for (const rule of rules) {
      const known = this.needed.get(rule.id) ?? { by: new Map<ReadonlySet<string>, TableRule>(), actions: '' };
      known.by.set(group, rule);
      this.needed.set(rule.id, known);
    }
    return rules.map(({ id }) => id);
  }

  /** Gives the node what it needs of a rule now. */
  private install(id: string): void {
    const needed = this.needed.get(id);
    if (needed === undefined) return;
    const [first] = needed.by.values();
    if (first === undefined) {
      this.needed.delete(id);
      this.world.removeRule(this.node, id);
      return;
    }
    const { family, components, actions } = first.rule;
    const text = JSON.stringify(actions);
    if (text === needed.actions) return;
    needed.actions = text;
    this.world.addRule(this.node, { id, family, components, actions });
  }

  private translated(documents: readonly TableDocument[]): readonly FlowspecRule[] {
    const own = documents.map(({ input }) => input);
    const supporting = new Map(documents.flatMap((each) => each.supporting ?? []).map((input) => [input.file, input]));
    for (const { file } of own) supporting.delete(file);
    return this.translations.of([...supporting.values(), ...own]);
  }
}

/** Rules by what they match: a router has one for each match, and of two the first decides. */
function tableOf(rules: readonly FlowspecRule[], inputs: readonly FlowspecInput[]): TableRule[] {
  const documents = new Map(inputs.map(({ file, value }) => [file, value]));
  const table = new Map<string, TableRule>();
  for (const rule of rules) {
    const id = `${rule.family} ${rule.nlri}`;
    if (table.has(id)) continue;
    const sources = [rule.source, ...(rule.shared ?? [])].map((each) => sourceOf(each, documents.get(each.file)));
    table.set(id, { id, rule, sources });
  }
  return [...table.values()];
}

function sourceOf({ file, pointer }: Place, document: JsonObject | undefined): RuleSource {
  const to = /^.*\/acl\/\d+(?=\/aces\/ace\/\d+)/.exec(pointer)?.[0];
  const nameAt = (at: string): string => {
    const entry = document && valueIn(document, at);
    return isObject(entry) ? String(entry.name) : '';
  };
  const ace = /^.*\/ace\/\d+/.exec(pointer)?.[0];
  return to === undefined || ace === undefined ? { file } : { file, acl: nameAt(to), ace: nameAt(ace) };
}
