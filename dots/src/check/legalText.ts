/**
 * Whether a text has only characters that a YANG string may have: no C0 controls but tab, line feed and carriage
 * return, no noncharacters (RFC 7950 section 9.4). Lone surrogates are left to the reader of the text: they are not
 * JSON. One loop, because large documents contain many texts.
 */
export function isLegalText(text: string): boolean {
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit >= 0x20 && unit < 0xd800) continue;
    const code = text.codePointAt(at) as number;
    if (isForbidden(code)) return false;
    if (code > 0xffff) at += 1;
  }
  return true;
}

function isForbidden(code: number): boolean {
  if (code < 0x20) return code !== 0x9 && code !== 0xa && code !== 0xd;
  return (code >= 0xfdd0 && code <= 0xfdef) || (code & 0xfffe) === 0xfffe;
}
