import { translate, type FlowspecInput, type FlowspecRule } from '#dots/flowspec/translate';
import type { Place } from '#dots/flowspec/bgp/rule';
import { isObject, type JsonObject } from '#dots/model/json';
import { at as valueIn } from '#dots/model/pointer';
import type { World } from '#dots/world/world';
import type { PolicyNode } from '#dots/workspace/policy/policy';

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
  private readonly tables = new Map<string, ReadonlyMap<string, TableRule>>();
  private readonly byFile = new Map<string, SourcedRule[]>();
  private readonly translated = new Map<string, FlowspecInput[]>();

  constructor(private readonly world: World) {}

  /** Programs a node with the rules of these documents, in the order of all of them together. */
  program(node: PolicyNode, inputs: FlowspecInput[]): void {
    if (sameInputs(inputs, this.translated.get(node.name))) return;
    this.translated.set(node.name, inputs);
    const before = this.tables.get(node.name) ?? new Map<string, TableRule>();
    const after = tableOf(translate(inputs).rules, inputs);
    for (const id of before.keys()) if (!after.has(id)) this.world.removeRule(node.name, id);
    for (const [id, { rule }] of after) {
      const known = before.get(id);
      if (known !== undefined && sameActions(known.rule, rule)) continue;
      const { family, components, actions } = rule;
      this.world.addRule(node.name, { id, family, components, actions });
    }
    this.tables.set(node.name, after);
    this.index();
  }

  /** The rules of a node, in the order of the documents. */
  of(node: string): TableRule[] {
    return [...(this.tables.get(node)?.values() ?? [])];
  }

  sizeOf(node: string): number {
    return this.tables.get(node)?.size ?? 0;
  }

  /** The rules of a document on all nodes. */
  from(file: string): readonly SourcedRule[] {
    return this.byFile.get(file) ?? [];
  }

  private index(): void {
    this.byFile.clear();
    for (const [node, table] of this.tables)
      for (const { id, sources } of table.values())
        for (const source of sources) {
          const known = this.byFile.get(source.file);
          if (known === undefined) this.byFile.set(source.file, [{ node, id, source }]);
          else known.push({ node, id, source });
        }
  }
}

/** Rules by what they match: a router has one for each match, and of two the first decides. */
function tableOf(rules: readonly FlowspecRule[], inputs: readonly FlowspecInput[]): Map<string, TableRule> {
  const documents = new Map(inputs.map(({ file, value }) => [file, value]));
  const table = new Map<string, TableRule>();
  for (const rule of rules) {
    const id = `${rule.family} ${rule.nlri}`;
    const known = table.get(id);
    const sources = [rule.source, ...(rule.shared ?? [])].map((each) => sourceOf(each, documents.get(each.file)));
    if (known === undefined) table.set(id, { id, rule, sources });
    else if (sameActions(known.rule, rule)) known.sources.push(...sources);
  }
  return table;
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

const sameActions = (one: FlowspecRule, other: FlowspecRule): boolean =>
  JSON.stringify(one.actions) === JSON.stringify(other.actions);

/** Documents are made anew each time; what they are made of is not changed in place. */
const sameInputs = (one: readonly FlowspecInput[], other: readonly FlowspecInput[] | undefined): boolean =>
  other !== undefined &&
  one.length === other.length &&
  one.every((input, index) => JSON.stringify(input) === JSON.stringify(other[index]));
