import { documentType, type DocumentKind } from '../model/documents';
import type { Fault } from '../model/finding';
import { isObject, type JsonObject, type JsonValue } from '../model/json';
import { child } from '../model/pointer';
import type { XYang } from '../model/schema';
import { holds, whyNot, type Frame } from './expressions';
import { Measure, mostFaults } from './limits';
import { planOf, type ChoicePlan, type MemberPlan, type ObjectPlan } from './plan';
import { moduleSection } from './sections';
import { missingMember, unknownMember, valueFault } from './structure';
import { typeFaults, type Forms } from './values';

/** How literally RFC 7951 is taken: what DOTS implementers write and accept, or to the letter. */
export type Level = 'practice' | 'strict';

/**
 * The faults of a document by the YANG modules (class `yang`), all in one walk: members and values that its schema does
 * not have, and what JSON Schema cannot express: keys, choices, `when`, `must`, bounds of 64-bit numbers, repeated
 * entries. The walk ends soon after `mostFaults` faults, and where a limit of length or depth is exceeded: then that is
 * the only fault.
 */
export function yangFaults(
  kind: DocumentKind,
  document: JsonObject,
  level: Level,
): { faults: Fault[]; limited: boolean } {
  const strict = level === 'strict';
  const walker = new Walker(kind, {
    qualifiedIdentities: strict,
    wireNumbers: strict && documentType(kind).channel === 'signal',
  });
  walker.object(document, planOf(kind));
  return walker.limit === undefined
    ? { faults: walker.faults, limited: false }
    : { faults: [walker.limit], limited: true };
}

interface Report {
  code: string;
  message: string;
  rfc: string;
  pointer?: string;
  atName?: boolean;
  rival?: string;
}

/** Walks a document beside its plan. The path is a stack, so that a document without faults costs no pointers. */
class Walker {
  readonly faults: Fault[] = [];
  /** The document is beyond a limit, so the walk has ended. */
  limit: Fault | undefined;
  private readonly measure = new Measure();
  private readonly path: (string | number)[] = [];
  private readonly frames: Frame[] = [];

  constructor(
    private readonly kind: DocumentKind,
    private readonly forms: Forms,
  ) {}

  object(value: JsonObject, plan: ObjectPlan): void {
    if (this.full) return;
    this.frames.push({ value, schema: plan.schema });
    let required = 0;
    let cases = 0;
    for (const name in value) {
      const member = plan.members.get(name);
      const inner = value[name] as JsonValue;
      if (member === undefined) {
        this.unknown(name, inner);
        continue;
      }
      if (member.required) required += 1;
      cases |= member.bit;
      if (!member.simple || !member.accepts(inner)) this.below(name, inner, member);
    }
    for (const choice of plan.choices) if (severalBits(cases & choice.bits)) this.choice(value, choice);
    if (required < plan.required.length) this.missing(value, plan);
    if (plan.dependencies.length > 0 || plan.defaults.length > 0) this.absent(value, plan);
    this.frames.pop();
  }

  private below(name: string, value: JsonValue, plan: MemberPlan): void {
    this.path.push(name);
    this.member(value, plan);
    this.path.pop();
  }

  private unknown(name: string, value: JsonValue): void {
    this.limit ??= this.measure.unknown(value, child(this.pointer(), name));
    if (!this.full) this.faults.push(unknownMember(this.kind, this.pointer(), name));
  }

  private missing(value: JsonObject, { required }: ObjectPlan): void {
    for (const name of required)
      if (!Object.hasOwn(value, name)) this.faults.push(missingMember(this.kind, this.pointer(), name));
  }

  /** Members that others require beside them, and absent members whose default counts. */
  private absent(value: JsonObject, { dependencies, defaults }: ObjectPlan): void {
    for (const [name, needed] of dependencies) {
      if (!Object.hasOwn(value, name)) continue;
      for (const other of needed)
        if (!Object.hasOwn(value, other)) this.faults.push(missingMember(this.kind, this.pointer(), other, name));
    }
    for (const [name, member] of defaults) if (!Object.hasOwn(value, name)) this.byDefault(name, member.yang);
  }

  private byDefault(name: string, yang: XYang | undefined): void {
    const preset = yang?.default as string;
    for (const must of yang?.must ?? []) {
      if (holds(must, preset, this.frames)) continue;
      const reason = whyNot(must, child(this.pointer(), name), this.frames);
      this.report({
        code: 'yang/must',
        message: `${reason}; if omitted it defaults to ${preset}`,
        rfc: moduleSection({ 'x-yang': yang }),
      });
    }
  }

  private member(value: JsonValue, plan: MemberPlan): void {
    const when = plan.yang?.when;
    if (when !== undefined && !holds(when, value, this.frames)) {
      this.report({
        code: 'yang/not-allowed-here',
        message: whyNot(when, this.pointer(), this.frames),
        rfc: '7950 7.21.5',
        atName: true,
      });
    }
    if (!plan.many) this.one(value, plan);
    else if (Array.isArray(value)) this.list(value, plan);
    else this.wrong(value);
  }

  private one(value: JsonValue, plan: MemberPlan): void {
    if (plan.object === undefined) this.leaf(value, plan);
    else if (isObject(value)) this.object(value, plan.object);
    else this.wrong(value);
  }

  private list(entries: JsonValue[], plan: MemberPlan): void {
    this.limit ??= this.measure.list(entries.length, () => this.pointer());
    for (let index = 0; index < entries.length && !this.full; index++) {
      this.path.push(index);
      this.one(entries[index] as JsonValue, plan);
      this.path.pop();
    }
    if (entries.length > 1) this.doubles(entries, plan);
  }

  private leaf(value: JsonValue, { accepts, unfinished, yang }: MemberPlan): void {
    if (!accepts(value)) this.wrong(value);
    if (yang?.must !== undefined) {
      for (const must of yang.must) {
        if (!holds(must, value, this.frames))
          this.report({
            code: 'yang/must',
            message: whyNot(must, this.pointer(), this.frames),
            rfc: moduleSection({ 'x-yang': yang }),
          });
      }
    }
    if (unfinished && yang?.type && typeof value === 'string')
      this.faults.push(...typeFaults(value, yang.type, () => this.pointer(), this.forms));
  }

  private wrong(value: JsonValue): void {
    this.limit ??= this.measure.unknown(value, this.pointer());
    this.faults.push(valueFault(this.kind, this.pointer(), value));
  }

  /** At most one case of a choice may be present (RFC 7950 section 7.9). */
  private choice(value: JsonObject, { cases }: ChoicePlan): void {
    const present = cases
      .map((members) => members.filter((name) => Object.hasOwn(value, name)))
      .filter((names) => names.length > 0);
    const [[rival = ''] = [], ...others] = present;
    for (const names of others) this.excluded(names, rival);
  }

  private excluded(names: string[], rival: string): void {
    for (const name of names) {
      const message = `"${name}" and "${rival}" exclude each other: keep one of them`;
      this.report({
        code: 'yang/choice',
        message,
        rfc: '7950 7.9',
        pointer: child(this.pointer(), name),
        atName: true,
        rival: child(this.pointer(), rival),
      });
    }
  }

  private doubles(entries: JsonValue[], { identity, yang }: MemberPlan): void {
    const seen = new Map<JsonValue, number>();
    for (let index = 0; index < entries.length && identity !== undefined; index++) {
      const key = identity(entries[index] as JsonValue);
      const first = key === undefined ? undefined : seen.get(key);
      if (key !== undefined && first === undefined) seen.set(key, index);
      if (first === undefined) continue;
      const message = `This entry repeats entry ${first + 1} (${identified(entries[index] as JsonValue, yang)}): each may occur only once`;
      this.report({
        code: 'yang/double-entry',
        message,
        rfc: yang?.keys ? '7950 7.8.2' : '7950 7.7',
        pointer: child(this.pointer(), index),
        rival: child(this.pointer(), first),
      });
    }
  }

  private get full(): boolean {
    return this.faults.length > mostFaults || this.limit !== undefined;
  }

  private pointer(): string {
    return this.path.reduce<string>(child, '');
  }

  private report({ code, message, rfc, pointer = this.pointer(), atName, rival }: Report): void {
    if (this.full) return;
    const related = rival === undefined ? {} : { related: [{ pointer: rival, message: 'the other one' }] };
    this.faults.push({
      code,
      class: 'yang',
      severity: 'error',
      message: `${message}.`,
      rfc,
      pointer,
      ...(atName ? { atName } : {}),
      ...related,
    });
  }
}

/** What identifies an entry, in words. */
function identified(entry: JsonValue, yang: XYang | undefined): string {
  const keys = yang?.keys;
  return keys !== undefined && isObject(entry)
    ? `${keys.join(', ')} ${keys.map((key) => String(entry[key])).join(', ')}`
    : String(entry);
}

const severalBits = (bits: number): boolean => (bits & (bits - 1)) !== 0;
