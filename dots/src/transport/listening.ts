import { DotsError } from '#dots/model/errors';
import { addressText, isLoopback, loopbackName, type Address } from './address';

/** What an error of the system means, as the end of a sentence. */
const reasons: Readonly<Record<string, string>> = {
  EACCES: 'this user may not listen there; ports below 1024 are often for administrators',
  EADDRNOTAVAIL: 'this machine does not have that address',
};

/**
 * Why listening on an address failed, by the error of the system: of kind `usage`, `transport/port-in-use` or
 * `transport/listen`.
 */
export function listenError(protocol: 'UDP' | 'TCP', address: Address, cause: unknown): DotsError {
  const code = (cause as NodeJS.ErrnoException).code;
  if (code === 'EADDRINUSE') {
    return new DotsError(
      'usage',
      'transport/port-in-use',
      `${protocol} port ${address.port} of ${address.host} is already in use.`,
      'Stop the program that uses it, or choose another port (0 selects a free one).',
      { cause },
    );
  }
  return new DotsError(
    'usage',
    'transport/listen',
    `Cannot listen on ${protocol} ${addressText(address)}: ${reasons[code ?? ''] ?? String(code)}.`,
    'Choose another address or port.',
    { cause },
  );
}

/**
 * The IP address to listen at, for a host as the user wrote it. Throws a DotsError of kind `usage`:
 * `transport/not-loopback` where other machines could reach it and may not.
 */
export function listeningHost(wanted: string, allowRemote = false): string {
  const host = loopbackName(wanted);
  if (allowRemote || isLoopback(host)) return host;
  throw new DotsError(
    'usage',
    'transport/not-loopback',
    `${wanted} is not a loopback address, and other machines must not reach this server.`,
    'Listen on 127.0.0.1 or ::1.',
  );
}
