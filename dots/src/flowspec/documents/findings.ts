import type { FindingClass, Severity } from '#dots/model/finding';
import type { FlowspecFinding, Place } from '../bgp/rule';

/** A finding without its place. */
export interface Remark {
  code: `flowspec/${string}`;
  severity: Severity;
  message: string;
  rfc: string;
  /** Default `rfc`. */
  class?: FindingClass;
  /** The member's name is at fault, not its value. */
  atName?: boolean;
  related?: NonNullable<FlowspecFinding['related']>;
}

/** A place as a key of sets and maps. */
export function placeKey({ file, pointer }: Place): string {
  return `${file}\n${pointer}`;
}

/** Collects findings; the same finding at the same place counts once. */
export class Findings {
  readonly all: FlowspecFinding[] = [];
  /** Keys of the places that become no rule for a reason that a finding states and that is not an error. */
  readonly excluded = new Set<string>();
  private readonly known = new Set<string>();

  add(place: Place, remark: Remark): void {
    const key = [placeKey(place), remark.code, remark.message].join('\n');
    if (this.known.has(key)) return;
    this.known.add(key);
    this.all.push({ class: 'rfc', ...remark, file: place.file, pointer: place.pointer });
  }

  /** Something that cannot be expressed or understood, and becomes no rule. */
  error(place: Place, code: Remark['code'], rfc: string, message: string, atName = false): void {
    this.add(place, { code, severity: 'error', rfc, message, ...(atName && { atName }) });
  }

  /** Something that becomes a rule which differs slightly from the document. */
  warning(place: Place, code: Remark['code'], rfc: string, message: string): void {
    this.add(place, { code, severity: 'warning', rfc, message });
  }

  /** Information for the operator. */
  information(place: Place, code: Remark['code'], rfc: string, message: string): void {
    this.add(place, { code, severity: 'information', rfc, message });
  }

  /**
   * States why an ACL, an entry, a scope or a target becomes no rule although it has no error; `at` is where the reason
   * is.
   */
  exclude(unit: Place, remark: Remark, at: Place = unit): void {
    this.excluded.add(placeKey(unit));
    this.add(at, remark);
  }
}
