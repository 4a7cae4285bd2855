/** The default ports: RFC 9132 section 10.1, and https. */
const signalPort = 4646;
const dataPort = 443;

/** Where a server listens. */
export interface ServerAddress {
  /** In a canonical spelling. */
  host: string;
  port: number;
}

/** Host and port of a server's address, with or without a scheme; without a port, the scheme's default. */
export function serverAddress(server: string): ServerAddress {
  const [, scheme = '', rest = ''] = /^(?:([a-z][a-z0-9+.-]*):\/\/)?(.*)$/i.exec(server.trim()) ?? [];
  const authority = rest.replace(/[/?#].*$/, '');
  const bracketed = /^[^[\]]*:[^[\]]*:/.test(authority) ? `[${authority}]` : authority;
  const [, name = bracketed, port] = /^(\[.*\]|[^:]*)(?::(\d*))?$/.exec(bracketed) ?? [];
  const usual = scheme.toLowerCase() === 'https' ? dataPort : signalPort;
  return { host: hostOf(name), port: port === undefined || port === '' ? usual : Number(port) };
}

/** The URL parser returns one spelling for each host name and address. */
function hostOf(name: string): string {
  const text = `https://${name}`;
  return (URL.canParse(text) ? new URL(text).hostname : name.toLowerCase()).replace(/\.$/, '');
}
