/** The addresses of both channels at a host: port 4646 (RFC 9132 section 4.1), and 443 (RFC 8783 section 3.1). */
export function addressesOf(text: string): { signal: string; data: string } | undefined {
  const url = `https://${text.trim()}`;
  if (text.trim() === '' || /[/\s@?#]/.test(text.trim()) || !URL.canParse(url)) return undefined;
  const { hostname, port } = new URL(url);
  return { signal: `coaps://${hostname}:${port === '' ? '4646' : port}`, data: `https://${hostname}` };
}
