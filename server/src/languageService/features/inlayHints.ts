import { documentTypeOf } from '#dots/model/documents';
import type { Position, Range } from '#dots/model/finding';
import { schemaAt } from '#dots/model/schema';
import type { ParsedDocument } from '../documents/document';
import { leaves } from '../documents/leaves';
import { ports, protocols } from '../knowledge/numbers';
import { isPort, isProtocol } from './facts';
import { valueInWords } from './valueWords';

/** What hints show beside numbers. */
export interface HintSettings {
  protocols: boolean;
  ports: boolean;
  durations: boolean;
}

/** Words beside a value. */
export interface InlayHint {
  position: Position;
  label: string;
}

/** The most hints of one range. */
const mostHints = 5000;

/** The hints of the values in a range: names of protocols and ports, durations. */
export function inlayHints(document: ParsedDocument, range: Range, settings: HintSettings): InlayHint[] {
  const kind = documentTypeOf(document.value)?.kind;
  if (document.beyondLimits || kind === undefined) return [];
  const span = { start: document.offsetAt(range.start), end: document.offsetAt(range.end) };
  const hints: InlayHint[] = [];
  for (const { path, span: at, isString } of leaves(document.text, span)) {
    if (hints.length === mostHints) break;
    const isEntry = /^\d+$/.test(path.at(-1) ?? '');
    const yang =
      (schemaAt(kind, path) ?? {})['x-yang'] ?? (isEntry ? schemaAt(kind, path.slice(0, -1))?.['x-yang'] : undefined);
    const name = (isEntry ? path.at(-2) : path.at(-1)) ?? '';
    const value = document.text.slice(at.start, at.end);
    const label = isString ? undefined : labelOf(name, yang, value, settings);
    if (label !== undefined) hints.push({ position: document.lines.positionAt(at.end), label });
  }
  return hints;
}

function labelOf(
  name: string,
  yang: Parameters<typeof valueInWords>[1],
  value: string,
  settings: HintSettings,
): string | undefined {
  if (isProtocol(name, yang?.type)) return settings.protocols ? protocols.get(Number(value)) : undefined;
  if (isPort(yang?.type)) return settings.ports ? ports.get(Number(value))?.replace(/[;,].*$/, '') : undefined;
  return settings.durations && yang?.units === 'seconds' ? valueInWords(name, yang, value) : undefined;
}
