import type { Fault } from '../../model/finding';

/** A fault of class `rfc`, severity error, unless said otherwise. */
export function rfcFault(
  code: string,
  pointer: string,
  rfc: string,
  message: string,
  more: Partial<Fault> = {},
): Fault {
  return { code: `rfc/${code}`, class: 'rfc', severity: 'error', pointer, rfc, message, ...more };
}

/** Planning advice: severity warning, unless said otherwise. */
export function advice(code: string, pointer: string, rfc: string, message: string, more: Partial<Fault> = {}): Fault {
  return { code: `advice/${code}`, class: 'advice', severity: 'warning', pointer, rfc, message, ...more };
}
