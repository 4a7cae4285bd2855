import { documentType, type DocumentKind } from '../model/documents';
import type { Fault } from '../model/finding';
import { isObject, type JsonObject, type JsonValue } from '../model/json';
import { child } from '../model/pointer';
import { holds, whyNot, type Frame } from './expressions';
import { mostFaults } from './limits';
import { planOf, type MemberPlan, type ObjectPlan } from './plan';
import { moduleSection } from './sections';
import { typeFaults, type Forms } from './values';

/** How literally RFC 7951 is taken: what DOTS implementers write and accept, or to the letter. */
export type Level = 'practice' | 'strict';

/**
 * The faults that JSON Schema cannot express: keys, choices, `when`, `must`, bounds of 64-bit numbers, double entries (class `yang`).
 * Values of a wrong JSON type are passed over: `structureFaults` has them.
 */
export function yangFaults(kind: DocumentKind, document: JsonObject, level: Level): Fault[] {
  const strict = level === 'strict';
  const walker = new Walker({ qualifiedIdentities: strict, wireNumbers: strict && documentType(kind).channel === 'signal' });
  walker.object(document, planOf(kind));
  return walker.faults;
}

interface Report { code: string; message: string; rfc: string; pointer?: string; atName?: boolean; rival?: string }

/** Walks a document beside its plan. The path is a stack, so that a document without faults costs no pointers. */
class Walker {
  readonly faults: Fault[] = [];
  private readonly path: (string | number)[] = [];
  private readonly frames: Frame[] = [];

  constructor(private readonly forms: Forms) {}

  object(value: JsonObject, plan: ObjectPlan): void {
    if (plan.choices.length > 0) this.choices(value, plan);
    this.frames.push({ value, schema: plan.schema });
    for (const name in value) {
      const member = plan.members.get(name);
      if (member === undefined) continue;
      this.path.push(name);
      this.member(value[name] as JsonValue, member);
      this.path.pop();
    }
    for (const [name, member] of plan.defaults) if (!Object.hasOwn(value, name)) this.byDefault(name, member);
    this.frames.pop();
  }

  private byDefault(name: string, { yang }: MemberPlan): void {
    for (const must of yang.must ?? []) {
      if (holds(must, yang.default as string, this.frames)) continue;
      const reason = whyNot(must, child(this.pointer(), name), this.frames);
      this.report({ code: 'yang/must', message: `${reason}; left out it is ${yang.default as string}`, rfc: moduleSection({ 'x-yang': yang }) });
    }
  }

  private member(value: JsonValue, plan: MemberPlan): void {
    const { when } = plan.yang;
    if (when !== undefined && !holds(when, value, this.frames)) {
      this.report({ code: 'yang/not-allowed-here', message: whyNot(when, this.pointer(), this.frames), rfc: '7950 7.21.5', atName: true });
    }
    if (plan.yang.node !== 'list' && plan.yang.node !== 'leaf-list') this.one(value, plan);
    else if (Array.isArray(value)) this.list(value, plan);
  }

  private one(value: JsonValue, plan: MemberPlan): void {
    if (plan.object === undefined) this.leaf(value, plan);
    else if (isObject(value)) this.object(value, plan.object);
  }

  private list(entries: JsonValue[], plan: MemberPlan): void {
    for (let index = 0; index < entries.length; index++) {
      this.path.push(index);
      this.one(entries[index] as JsonValue, plan);
      this.path.pop();
    }
    if (plan.identity) this.doubles(entries, plan.identity, plan.yang.keys ? '7950 7.8.2' : '7950 7.7');
  }

  private leaf(value: JsonValue, { values, yang }: MemberPlan): void {
    if (!values) return;
    for (const must of yang.must ?? []) {
      if (!holds(must, value, this.frames)) this.report({ code: 'yang/must', message: whyNot(must, this.pointer(), this.frames), rfc: moduleSection({ 'x-yang': yang }) });
    }
    if (yang.type && typeof value === 'string') this.faults.push(...typeFaults(value, yang.type, () => this.pointer(), this.forms));
  }

  /** At most one case of a choice may be present (RFC 7950 section 7.9). */
  private choices(value: JsonObject, plan: ObjectPlan): void {
    for (const choice of plan.choices) {
      let rival: string | undefined;
      for (const members of choice.cases) {
        const first = members.find((name) => Object.hasOwn(value, name));
        if (first === undefined) continue;
        if (rival === undefined) rival = first;
        else this.excluded(members.filter((name) => Object.hasOwn(value, name)), rival);
      }
    }
  }

  private excluded(names: string[], rival: string): void {
    for (const name of names) {
      const message = `"${name}" and "${rival}" exclude each other: keep one of them`;
      this.report({ code: 'yang/choice', message, rfc: '7950 7.9', pointer: child(this.pointer(), name), atName: true, rival: child(this.pointer(), rival) });
    }
  }

  private doubles(entries: JsonValue[], identity: (entry: JsonValue) => string | undefined, rfc: string): void {
    const seen = new Map<string, number>();
    entries.forEach((entry, index) => {
      const key = identity(entry);
      const first = key === undefined ? undefined : seen.get(key);
      if (key !== undefined && first === undefined) seen.set(key, index);
      if (first === undefined) return;
      const message = `This entry repeats entry ${first + 1} (${key ?? ''}): each may stand only once`;
      this.report({ code: 'yang/double-entry', message, rfc, pointer: child(this.pointer(), index), rival: child(this.pointer(), first) });
    });
  }

  private pointer(): string {
    return this.path.reduce<string>(child, '');
  }

  private report({ code, message, rfc, pointer = this.pointer(), atName, rival }: Report): void {
    if (this.faults.length > mostFaults) return;
    const related = rival === undefined ? {} : { related: [{ pointer: rival, message: 'the other one' }] };
    this.faults.push({ code, class: 'yang', severity: 'error', message: `${message}.`, rfc, pointer, ...(atName ? { atName } : {}), ...related });
  }
}
