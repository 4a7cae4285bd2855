import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { Orchestrator } from '#dots/orchestrator/orchestrator';
import { SessionKeeper } from '#dots/signal/keeper/sessionKeeper';
import type { Answered } from '#dots/signal/requestWithFailover';
import { SignalSession } from '#dots/signal/session';
import { connectionMemory } from '#dots/signal/sessionOptions';
import { connect } from '#dots/transport/connect/connect';
import { storedAddresses } from '#dots/transport/connect/addressFile';
import type { Resolver } from '#dots/transport/connect/resolve';
import { needDtls } from '../../support/protocol/dtlsScene';
import { FakeClock } from '../../support/protocol/fakeClock';
import { Relay } from '../../support/protocol/relay';
import { eventually, portOf, protect, scopesOf, temporaryFolder } from '../../support/protocol/scene';
import { keys, listening, psk } from '../../support/protocol/tlsScene';

type Scheme = 'coap' | 'coaps';

/** A kept session with an orchestrator, on a path between them; time passes for both when the test says so. */
interface Scene {
  relay: Relay;
  keeper: SessionKeeper;
  /** Asks for the mitigations; time passes until there is an answer. */
  ask: () => Promise<Answered>;
}

const hour = 3_600_000;

async function scene(t: TestContext, scheme: Scheme): Promise<Scene> {
  const clock = new FakeClock();
  const orchestrator = await Orchestrator.start({ clock, psk: keys.psk, plain: scheme === 'coap' });
  t.after(() => orchestrator.close());
  const server = scheme === 'coap' ? orchestrator.signal : orchestrator.coaps;
  const relay = await Relay.start(t, portOf(server ?? ''));
  const memory = connectionMemory();
  const keeper = new SessionKeeper({
    server: `${scheme}://127.0.0.1:${relay.port}`,
    cuid: 'kept',
    clock,
    open: (opening) => SignalSession.open({ cuid: 'kept', credentials: { psk }, memory, clock, ...opening }),
  });
  t.after(() => keeper.close());
  const ask: Scene['ask'] = async () => {
    let isOver = false;
    const answered = keeper.ask((session, left) => session.status(undefined, left), { timeoutMs: hour });
    const over = (): void => void (isOver = true);
    answered.then(over, over);
    await relay.quiet();
    // Time passes once both ends have done what they can.
    for (const end = clock.monotonic() + hour; !isOver; await relay.quiet()) {
      assert.ok(clock.monotonic() < end, 'no answer');
      await clock.advance(500);
    }
    return answered;
  };
  await keeper.open();
  return { relay, keeper, ask };
}

/** Requests a mitigation that outlasts the test. */
async function mitigate({ keeper }: Scene): Promise<void> {
  const document = protect('192.0.2.0/24', { lifetime: 86_400 });
  const { answer } = await keeper.ask((session, left) => session.requestMitigation(document, 1, left));
  assert.equal(answer.code, '2.01');
}

const midsOf = ({ answer }: Answered): unknown[] => scopesOf(answer.body).map(({ mid }) => mid);

for (const scheme of ['coap', 'coaps'] as const) {
  test(`${scheme}: after the address of the client has changed a request is answered, and its mitigation continues`, async (t) => {
    if (scheme === 'coaps' && !needDtls(t)) return;
    const all = await scene(t, scheme);
    await mitigate(all);
    const before = await all.ask();
    await all.relay.rebind();
    const after = await all.ask();
    assert.deepEqual([midsOf(before), midsOf(after)], [[1], [1]]);
    // A datagram from another address belongs to no DTLS session (RFC 6347 section 4.2.8), so there is a new one.
    assert.equal(after.session === before.session, scheme === 'coap');
  });
}

const failing =
  (code: string): Resolver =>
  () =>
    Promise.reject(Object.assign(new Error(code), { code }));
const silent: Resolver = () => new Promise(() => undefined);

for (const [what, resolver] of [
  ['denies the name', failing('ENOTFOUND')],
  ['fails', failing('EAI_AGAIN')],
  ['is silent', silent],
] as const) {
  test(`a server is reached at the last addresses of its name that another process has stored, while the resolver ${what}`, async (t) => {
    const path = join(await temporaryFolder(t), 'addresses.json');
    const { port, sessions } = await listening(t, keys);
    const reach = async (asked: Resolver): Promise<void> => {
      const clock = new FakeClock();
      const connecting = connect(`coaps+tcp://dots.example.net:${port}`, {
        credentials: { psk },
        addresses: storedAddresses(path),
        resolver: asked,
        clock,
      });
      // As long as a resolver is waited for where addresses are known; the handshake takes none of that time.
      await clock.advance(2000);
      const channel = await connecting;
      t.after(() => channel.close());
    };
    await reach(() => Promise.resolve(['127.0.0.1']));
    await eventually(() => storedAddresses(path).get('dots.example.net') !== undefined);
    await reach(resolver);
    await eventually(() => sessions.length === 2);
  });
}
