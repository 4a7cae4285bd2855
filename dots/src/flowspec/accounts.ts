import type { JsonObject } from '#dots/model/json';
import { NetworkIndex } from '#dots/model/networkIndex';
import { prefixComponent, type FlowspecRule } from './bgp/rule';
import { placeKey, type Findings } from './documents/findings';
import type { Reading } from './documents/read';
import { unitAround, unitsOf, type Unit, type UnitKind } from './documents/units';
import type { Entry } from './packets/draft';

/** The outcome of a unit. */
type Outcome = 'rules' | 'errors' | 'excluded';

/** How many units there are, and how many of them have rules, have an error, or have no rule for a stated reason. */
export interface Count extends Record<Outcome, number> {
  given: number;
}

/** The kinds that are counted. */
const counted = ['document', 'acl', 'entry', 'scope', 'target', 'alias'] as const;

type Counted = (typeof counted)[number];

/** The units of the documents, and their outcomes. A used alias counts as one with rules. */
export type Counts = Record<Counted, Count>;

/** The results of translating the documents. */
export interface Result {
  rules: readonly FlowspecRule[];
  reading: Reading;
  report: Findings;
}

/**
 * Counts input against output, independently of how the rules were made: every document, ACL, entry, scope, target and
 * alias has rules, an error, or a stated reason for having none. A unit without any of these is reported as an internal
 * error, so that nothing is lost silently.
 */
export function account(documents: readonly { file: string; value: JsonObject }[], result: Result): Counts {
  const counts = noCounts();
  const listed = documents.map(({ file, value }) => unitsOf(file, value));
  noteEmpty(listed, result.report);
  const known = knownOf(result);
  for (const units of listed) {
    for (const [index, outcome] of outcomesOf(units, known).entries()) {
      const unit = units[index] as Unit;
      if (isCounted(unit.kind)) add(counts[unit.kind], outcome ?? lost(unit, unit.kind, result.report));
    }
  }
  return counts;
}

function noCounts(): Counts {
  const none = (): Count => ({ given: 0, rules: 0, errors: 0, excluded: 0 });
  return { document: none(), acl: none(), entry: none(), scope: none(), target: none(), alias: none() };
}

function isCounted(kind: UnitKind): kind is Counted {
  return (counted as readonly string[]).includes(kind);
}

function add(count: Count, outcome: Outcome): void {
  count.given++;
  count[outcome]++;
}

/**
 * States that rules come from other documents, where there is neither an entry nor a scope. Aliases are there for
 * scopes.
 */
function noteEmpty(documents: readonly (readonly Unit[])[], report: Findings): void {
  const hasScopes = documents.some((units) => units.some(({ kind }) => kind === 'scope'));
  const withErrors = new Set(report.all.filter(({ severity }) => severity === 'error').map(({ file }) => file));
  for (const units of documents) {
    const [document, ...inside] = units as [Unit, ...Unit[]];
    const isSource = inside.some(({ kind }) => kind === 'acl' || kind === 'scope' || (kind === 'alias' && hasScopes));
    if (isSource || withErrors.has(document.file) || report.excluded.has(placeKey(document))) continue;
    report.exclude(document, {
      code: 'flowspec/nothing-to-translate',
      severity: 'information',
      rfc: '8955 4',
      message: 'No rules come from this document by itself: they come from mitigation requests and ACLs.',
    });
  }
}

/** What is known of units, by the keys of their places. */
interface Known {
  errors: ReadonlySet<string>;
  rules: ReadonlySet<string>;
  excluded: ReadonlySet<string>;
}

function knownOf({ rules, reading, report }: Result): Known {
  const errors = report.all
    .filter(({ severity }) => severity === 'error')
    .map(({ file, pointer }) => placeKey({ file, pointer: unitAround(pointer) }));
  const sources = new Set(rules.map(({ source }) => placeKey(source)));
  const targets = reading.entries.filter(({ source }) => sources.has(placeKey(source))).flatMap(targetsWithRules);
  const unused = [...reading.aliases.all].filter((key) => !reading.aliases.used.has(key));
  return {
    errors: new Set([...errors, ...reading.errors.keys]),
    rules: new Set([...sources, ...targets, ...reading.aliases.used]),
    excluded: new Set([...report.excluded, ...unused]),
  };
}

const order: readonly (Outcome | undefined)[] = [undefined, 'excluded', 'errors', 'rules'];

/**
 * The outcome of each unit, in their order. An error or a reason at a unit applies to all units inside it; if nothing
 * is known of a unit, the best outcome inside it counts.
 */
function outcomesOf(units: readonly Unit[], { errors, rules, excluded }: Known): (Outcome | undefined)[] {
  const outcomes: (Outcome | undefined)[] = [];
  for (const unit of units) {
    const key = placeKey(unit);
    const around = outcomes[unit.within];
    if (around === 'errors' || errors.has(key)) outcomes.push('errors');
    else if (rules.has(key)) outcomes.push('rules');
    else outcomes.push(around === 'excluded' || excluded.has(key) ? 'excluded' : undefined);
  }
  const inside: (Outcome | undefined)[] = [];
  for (let index = units.length - 1; index >= 0; index--) {
    const outcome = (outcomes[index] ??= inside[index]);
    const { within } = units[index] as Unit;
    if (within >= 0 && order.indexOf(outcome) > order.indexOf(inside[within])) inside[within] = outcome;
  }
  return outcomes;
}

/** The keys of the targets of a scope all of whose prefixes are among the destinations of its rules. */
function targetsWithRules({ drafts, targets }: Entry): string[] {
  if (targets === undefined) return [];
  const destinations = new NetworkIndex<true>();
  for (const prefix of new Set(drafts.map(({ components }) => prefixComponent(components, 1))))
    if (prefix !== undefined) destinations.add(prefix, true);
  const missed = new Set(targets.filter(({ prefix }) => !destinations.covers(prefix)).map(({ by }) => placeKey(by)));
  return targets.map(({ by }) => placeKey(by)).filter((key) => !missed.has(key));
}

const unitNames: Record<Counted, readonly [one: string, several: string]> = {
  document: ['document', 'documents'],
  acl: ['ACL', 'ACLs'],
  entry: ['entry', 'entries'],
  scope: ['mitigation scope', 'mitigation scopes'],
  target: ['target', 'targets'],
  alias: ['alias', 'aliases'],
};

function lost(unit: Unit, kind: Counted, report: Findings): Outcome {
  report.error(
    unit,
    'flowspec/internal',
    '8955 4',
    `Internal error in dots (not caused by your input): this ${unitNames[kind][0]} became neither a rule nor a finding. Do not use these rules, and please report this.`,
  );
  return 'errors';
}

/** The counts as one sentence: `Input: 1 ACL (1 with rules); 3 entries (2 with rules, 1 with an error).` */
export function describeCounts(counts: Counts): string {
  const parts = (['acl', 'entry', 'scope', 'target'] as const)
    .filter((kind) => counts[kind].given > 0)
    .map((kind) => countWords(kind, counts[kind]));
  return parts.length === 0 ? 'Input: no mitigation requests or ACLs.' : `Input: ${parts.join('; ')}.`;
}

function countWords(kind: Counted, { given, rules, errors, excluded }: Count): string {
  const details = [
    ...(rules > 0 ? [`${rules} with rules`] : []),
    ...(errors > 0 ? [`${errors} with an error`] : []),
    ...(excluded > 0 ? [`${excluded} without rules for a stated reason`] : []),
  ];
  return `${given} ${unitNames[kind][given === 1 ? 0 : 1]} (${details.join(', ')})`;
}
