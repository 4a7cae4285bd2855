import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Accepted } from '#dots/data/changes';
import { DataHost } from '../../../../client/src/sessions/dataChannel';

/** A session whose server accepts the first of two aliases, and does not answer the request for the second. */
const session = {
  install: async (_: unknown, { accepted }: { accepted: Accepted }): Promise<never> => {
    await accepted('aliases', [{ name: 'one' }]);
    throw new Error('silence');
  },
};

/** The data channel of the editor over that session. */
class OneSession extends DataHost {
  override over<T>(_: unknown, action: (over: never) => Promise<T>): Promise<T> {
    return action(session as never);
  }
}

test('the editor enters in the ledger what a server accepted before it was silent', async () => {
  const entered: unknown[] = [];
  const client = { installed: (change: unknown): Promise<void> => Promise.resolve(void entered.push(change)) };
  const host = new OneSession({ client: () => Promise.resolve(client as never) }, {} as never);
  const target = { server: 'https://192.0.2.1', cuid: 'c', profile: 'lab' };
  await assert.rejects(host.install(target as never, {}, new AbortController().signal), /silence/);
  assert.deepEqual(entered, [{ container: 'aliases', entries: [{ name: 'one' }], address: 'https://192.0.2.1' }]);
});
