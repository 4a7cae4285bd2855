import { isIP } from 'node:net';
import { domainToASCII } from 'node:url';
import { DotsError } from '#dots/model/errors';

/** The longest host name: RFC 1035 section 2.3.4, less the length and the root, bytes. */
export const longestHost = 253;

/**
 * The name that a certificate is checked against, in the form of certificates (RFC 5890 section 2.3.2.1). Throws a
 * DotsError of kind `usage`, `transport/server-name`, for what is neither a name nor an IP address.
 */
export function serverNameOf(text: string): string {
  const host = text.replace(/^\[(.*)\]$/, '$1');
  if (isIP(host) !== 0) return host;
  const name = /[\s/:@?#%]/.test(text) ? '' : domainToASCII(text).replace(/\.$/, '');
  if (name !== '' && name.length <= longestHost) return name;
  throw new DotsError(
    'usage',
    'transport/server-name',
    `"${text}" is not the name of a server: a certificate contains a host name or an IP address.`,
    'Write it without scheme and port, such as dots.example.net.',
  );
}
