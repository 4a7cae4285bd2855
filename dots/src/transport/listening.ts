import { DotsError } from '#dots/model/errors';
import { addressText, type Address } from './address';

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
    `Cannot listen on ${protocol} ${addressText(address)} (${String(code)}).`,
    'Choose another address or port.',
    { cause },
  );
}
