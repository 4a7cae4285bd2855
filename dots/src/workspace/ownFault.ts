import type { Fault } from '#dots/model/finding';

/** A fault of a file of the product's own: an error of class `json`, because the file is then not used at all. */
export function ownFault(code: string, pointer: string, rfc: string, message: string): Fault {
  return { code: `json/${code}`, class: 'json', severity: 'error', pointer, rfc, message };
}
