/** The names in a value of type bits, which spaces separate (RFC 7950 section 9.7.2). */
export function bitsIn(text: string): string[] {
  return text.split(' ').filter((name) => name !== '');
}

/**
 * The name of an identity, or of a member, without that of its module: documents write both forms (RFC 7951 sections 4
 * and 6.8).
 */
export function bareName(name: string): string {
  return name.slice(name.indexOf(':') + 1);
}
