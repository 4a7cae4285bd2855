import assert from 'node:assert/strict';
import { test } from 'node:test';
import { call, parties, shows, startEcho } from '../../../support/protocol/dtlsScene';
import { FakeClock } from '../../../support/protocol/fakeClock';
import { Relay } from '../../../support/protocol/relay';
import { eventually } from '../../../support/protocol/scene';

/** What every path carries (RFC 6347 section 4.1.1.1), bytes of UDP payload. */
const least = 508;

test('on a path that drops large datagrams, an established session sends none', async (t) => {
  const all = await parties(t, 'rsa');
  if (all === undefined) return;
  const clock = new FakeClock(Date.now());
  const echo = await startEcho(t, shows(all.pki, all.server), { clock });
  const relay = await Relay.start(t, echo.port);
  relay.fate = (bytes) => (bytes.length > least ? [] : [{ bytes, afterMs: 0 }]);
  let client: Awaited<ReturnType<typeof call>> | undefined;
  const attempt = call(t, relay.port, shows(all.pki, all.client), { clock, deadlineMs: 1e6 }).then((caller) => {
    client = caller;
  });
  await eventually(async () => {
    await clock.advance(1000);
    return client !== undefined;
  });
  await attempt;
  assert.ok(
    relay.seen.toClient.some(({ length }) => length > least),
    'something was too large',
  );
  for (const { maxMessageSize } of [client!.channel, echo.channels[0]!])
    assert.ok(maxMessageSize < least && maxMessageSize > least - 64, String(maxMessageSize));
  const text = 'x'.repeat(client!.channel.maxMessageSize - 're:'.length);
  assert.equal(await client!.ask(text), `re:${text}`);
});
