import { answered, emptyLedger, withdrawn, type ClientLedger, type NewRequest } from '#dots/signal/ledger';
import { begin } from '#dots/signal/ledgerBegin';
import { reported } from '#dots/signal/ledgerReport';
import type { LedgerOfClient } from '#dots/signal/ledgerFolder';
import type { ClientIdentity } from '../../client/src/sessions/identity';

/** An identity of the editor whose ledger is in memory, and whose requests have this mid. */
export function identityWith(mid: number): Pick<ClientIdentity, 'client'> {
  let ledger: ClientLedger = emptyLedger({
    server: 'x:1',
    cuid: 'c',
    address: 'coap://127.0.0.1:1',
    source: 'derived',
  });
  const become = (next: ClientLedger): Promise<void> => Promise.resolve(void (ledger = next));
  const client: Pick<LedgerOfClient, keyof LedgerOfClient> = {
    read: () => Promise.resolve(ledger),
    begin: (request: NewRequest) => {
      const { ledger: next, ...result } = begin(ledger, { ...request, id: request.id ?? mid }, 0);
      ledger = next;
      return Promise.resolve(result);
    },
    sending: () => Promise.resolve(),
    notSent: () => Promise.resolve(),
    answered: (key, verdict) => become(answered(ledger, key, verdict, 0)),
    withdrawn: (id, code) => become(withdrawn(ledger, id, code, 0)),
    reported: (answer, asked) => {
      const result = reported(ledger, answer, 0, asked);
      return become(result.ledger).then(() => result);
    },
    installed: () => Promise.resolve(),
    removed: () => Promise.resolve(),
    deleted: () => Promise.resolve(),
    listed: () => Promise.resolve(),
    replaced: () => Promise.resolve(),
    controlLater: () => Promise.resolve(),
    beginControl: () => Promise.resolve('gone'),
    controlled: () => Promise.resolve(),
  };
  return { client: () => Promise.resolve(client as LedgerOfClient) };
}
