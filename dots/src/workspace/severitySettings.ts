import type { Severity } from '#dots/model/finding';
import { isObject } from '#dots/model/json';
import { findingCodes } from './findingCodes';

/** The severities that a user sets by code, for documents of which the workspace file says nothing; off: hidden. */
export type SeveritySettings = ReadonlyMap<string, Severity | 'off'>;

const values: readonly unknown[] = ['error', 'warning', 'information', 'hint', 'off'];

/** Reads a setting, an object of severities by code; its faults are sentences for the user. */
export function severitySettings(value: unknown): { settings: SeveritySettings; faults: string[] } {
  const entries = isObject(value) ? Object.entries(value) : [];
  const faults = entries.flatMap(([code, severity]) => {
    if (!findingCodes.includes(code)) return [`"dots.severities": no finding has the code "${code}".`];
    if (values.includes(severity)) return [];
    return [`"dots.severities": the severity of "${code}" must be error, warning, information, hint or off.`];
  });
  const known = entries.filter(([code, severity]) => findingCodes.includes(code) && values.includes(severity));
  return { settings: new Map(known as [string, Severity | 'off'][]), faults };
}
