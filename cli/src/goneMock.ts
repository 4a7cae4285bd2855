import { DotsError } from '#dots/model/errors';
import type { ClientLedger } from '#dots/signal/ledger';
import { isLoopback, parseServer } from '#dots/transport/address';
import { mockName } from '#dots/workspace/fileNames';

const code = 'cli/mock-gone';

/**
 * A failure as that of a mock that has ended, if it is one: what runs there by the ledger was requested from the mock,
 * or nothing listens any more on a plain port of this machine.
 */
export function asGoneMock(error: DotsError, { server, address, entries }: ClientLedger): DotsError {
  const isMock = entries.some(({ profile }) => profile === mockName) && error.kind === 'usage';
  const isClosed = entries.length > 0 && error.code === 'transport/refused' && /^coap:/i.test(address);
  if (!isMock && !(isClosed && isLoopback(parseServer(address).host))) return error;
  return new DotsError(
    'unreachable',
    code,
    `The mock at ${server} is no longer running.`,
    'Its entries leave the ledger when their lifetimes are over. One with a state folder continues when it is started again on this port.',
    { cause: error },
  );
}

/** A mock that has ended is no failure of a command that reaches other servers. */
export const isGoneMock = (error: DotsError | undefined): boolean => error?.code === code;
