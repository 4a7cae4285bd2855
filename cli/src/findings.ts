import { rfcLabel, type Severity } from '#dots/model/finding';
import { oneLine, printable } from '#dots/model/text';
import type { LocatedFinding } from '#service/service';

const colour: Record<Severity, number> = { error: 31, warning: 33, information: 36, hint: 90 };

/**
 * A finding as text: `file:line:col severity message (code, RFC 9132 section 4.4.1.1)`, counted from 1, and a line for
 * each other place.
 */
export function findingLines(file: string, finding: LocatedFinding, colours = false): string[] {
  const { severity, message, code, rfc, range } = finding;
  const shown = colours ? `\u001b[${colour[severity]}m${severity}\u001b[0m` : severity;
  const place = placeText(file, range);
  const others = (finding.related ?? []).map(
    (other) => `  ${placeText(other.file ?? file, other.range)} ${oneLine(other.message)}`,
  );
  return [`${place} ${shown} ${oneLine(message)} (${code}, ${rfcLabel(rfc)})`, ...others];
}

function placeText(file: string, { start }: LocatedFinding['range']): string {
  return `${printable(file)}:${start.line + 1}:${start.character + 1}`;
}

/** A finding as `--format json` prints it; lines and characters count from 0. Without a file it has no range. */
export function findingJson({
  code,
  class: of,
  severity,
  message,
  rfc,
  pointer,
  range,
  related = [],
}: Omit<LocatedFinding, 'range'> & { range: LocatedFinding['range'] | null }): object {
  return { code, class: of, severity, message, rfc, pointer, range, related: related.map(relatedJson) };
}

/** Another place; without a file it is in the same one. */
const relatedJson = ({ file = null, pointer, message, range }: Related): object => ({ file, pointer, message, range });

type Related = Omit<NonNullable<LocatedFinding['related']>[number], 'file'> & { file?: string | null };

/** How many findings have a severity. */
export function countOf(findings: readonly LocatedFinding[], severity: Severity): number {
  return findings.filter((finding) => finding.severity === severity).length;
}
