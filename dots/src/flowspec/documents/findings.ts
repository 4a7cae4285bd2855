import type { FindingClass, Severity } from '#dots/model/finding';
import type { FlowspecFinding, Place } from '../bgp/rule';

/** What a finding says, besides where. */
export interface Remark {
  code: `flowspec/${string}`;
  severity: Severity;
  message: string;
  rfc: string;
  /** Default `rfc`. */
  class?: FindingClass;
  /** The member's name is at fault, not its value. */
  atName?: boolean;
}

/** Gathers findings; the same finding at the same place counts once. */
export class Findings {
  readonly findings: FlowspecFinding[] = [];
  private readonly known = new Set<string>();

  add(place: Place, remark: Remark): void {
    const key = [place.file, place.pointer, remark.code, remark.message].join('\n');
    if (this.known.has(key)) return;
    this.known.add(key);
    this.findings.push({ class: 'rfc', ...remark, file: place.file, pointer: place.pointer });
  }

  /** Something asked for that cannot be expressed or understood, and is left out. */
  error(place: Place, code: Remark['code'], rfc: string, message: string, atName = false): void {
    this.add(place, { code, severity: 'error', rfc, message, ...(atName && { atName }) });
  }

  /** Something that becomes not quite what it says. */
  warning(place: Place, code: Remark['code'], rfc: string, message: string): void {
    this.add(place, { code, severity: 'warning', rfc, message });
  }

  /** Something an operator should know. */
  information(place: Place, code: Remark['code'], rfc: string, message: string): void {
    this.add(place, { code, severity: 'information', rfc, message });
  }
}
