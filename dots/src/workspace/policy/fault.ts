import type { Fault, Severity } from '#dots/model/finding';

/** A fault of a policy: `policy/CODE`. */
export function policyFault(
  code: string,
  severity: Severity,
  pointer: string,
  message: string,
  rfc = '8903 3.3',
): Fault {
  return { code: `policy/${code}`, class: 'policy', severity, pointer, rfc, message };
}
