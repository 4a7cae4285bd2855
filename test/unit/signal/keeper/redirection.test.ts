import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonObject } from '#dots/model/json';
import { eventWords } from '#dots/signal/keeper/eventWords';
import type { KeeperEvent } from '#dots/signal/keeper/keeperEvents';
import { alternateIn } from '#dots/signal/keeper/redirection';
import { SessionKeeper, type Opening } from '#dots/signal/keeper/sessionKeeper';
import type { Answer, SignalSession } from '#dots/signal/session';
import { FakeClock } from '../../../support/protocol/fakeClock';
import { fakeSession, minute, silence, type FakeSession } from '../../../support/fakeSession';

const [home, other, third] = [
  'coaps://dots.example.net',
  'coaps://alt.example.net:4646',
  'coaps://third.example.net:4646',
];
const client = { server: home, cuid: 'c' };
const request = { method: 'PUT', path: '/.well-known/dots/mitigate/cuid=c/mid=1', octets: 0 } as const;
const created = { code: '2.01', ok: true, roundTripMs: 1, request } as Answer;

function redirect(name: string, maxAge?: number, records?: string[]): Answer {
  const body = { 'alt-server': name, ...(records !== undefined && { 'alt-server-record': records }) };
  return {
    code: '5.03',
    ok: false,
    roundTripMs: 1,
    request,
    body: { 'ietf-dots-signal-channel:redirected-signal': body as JsonObject },
    ...(maxAge !== undefined && { maxAge }),
  };
}

interface Scene {
  clock: FakeClock;
  keeper: SessionKeeper;
  openings: Opening[];
  sessions: FakeSession[];
  events: KeeperEvent[];
  /** The servers that cannot be reached. */
  absent: Set<string>;
  /** Which server answered a request, and how. */
  ask(answers: Record<string, Answer>, underAttack?: boolean): Promise<string>;
}

function scene(alternates?: string[]): Scene {
  const clock = new FakeClock();
  const made = { clock, openings: [], sessions: [], events: [], absent: new Set() } as unknown as Scene;
  made.keeper = new SessionKeeper({
    ...client,
    alternates,
    clock,
    open: (opening) => {
      made.openings.push(opening);
      if (made.absent.has(opening.server)) return Promise.reject(silence);
      const session = fakeSession(clock, { server: opening.server });
      session.onHeartbeat = () => session.hear();
      made.sessions.push(session);
      return Promise.resolve(session.session);
    },
  });
  made.keeper.onEvent((event) => made.events.push(event));
  made.ask = async (answers, underAttack = false) => {
    const asking = (session: SignalSession): Promise<Answer> => {
      const answer = answers[session.server] ?? created;
      made.sessions.find((each) => each.session === session)?.tell(answer);
      return Promise.resolve(answer);
    };
    const asked = made.keeper.ask(asking, { underAttack });
    await clock.advance(100);
    const { session, answer } = await asked;
    return `${answer.code} of ${session.server}`;
  };
  return made;
}

const said = ({ events }: Scene): string[] =>
  events.filter(({ type }) => type.startsWith('redirect')).map((event) => eventWords(event, client) ?? '');

test('an answer names the alternate server, its addresses and its time', () => {
  const answer = redirect('alt.example.net', 300, ['192.0.2.1', '2001:db8::1']);
  assert.deepEqual(alternateIn(answer, 'coaps://dots.example.net:4700'), {
    server: 'coaps://alt.example.net:4700',
    addresses: ['192.0.2.1', '2001:db8::1'],
    serverName: undefined,
    ttlMs: 300_000,
  });
  assert.equal(alternateIn(redirect('alt.example.net', 2 ** 32 - 1), home)?.ttlMs, Infinity);
  assert.equal(alternateIn(redirect('alt.example.net'), 'dots.example.net')?.server, 'alt.example.net:4646');
  assert.equal(alternateIn(redirect(''), home), undefined);
  assert.equal(alternateIn({ ...redirect('alt.example.net'), code: '2.05' }, home), undefined);
});

test('a request that is redirected is sent to the alternate server, at the addresses that were named', async () => {
  const made = scene();
  const { keeper, clock, openings, sessions } = made;
  await keeper.open();
  const answer = redirect('alt.example.net', 600, ['192.0.2.1']);
  assert.equal(await made.ask({ [home]: answer }), `2.01 of ${other}`);
  assert.deepEqual([openings[1]?.server, openings[1]?.addresses], [other, ['192.0.2.1']]);
  assert.ok('serverName' in (openings[1] ?? {}), 'the certificate is checked against the new name');
  assert.deepEqual([sessions[0]?.closed, keeper.snapshot.server], [true, other]);
  await clock.advance(9 * minute);
  assert.equal(sessions.length, 2);
  await clock.advance(minute);
  assert.deepEqual([openings[2]?.server, keeper.snapshot.server, sessions[1]?.closed], [home, home, true]);
  assert.deepEqual(said(made), [
    `${home} redirects to ${other} for 10 min.`,
    `The redirection to ${other} is over; ${home} is used again.`,
  ]);
  await keeper.close();
  assert.equal(clock.pending, 0);
});

test('a notification redirects as well, once for all answers that say so', async () => {
  const made = scene();
  await made.keeper.open();
  made.sessions[0]!.tell(redirect('alt.example.net', 600));
  made.sessions[0]!.tell(redirect('alt.example.net', 600));
  await made.clock.advance(0);
  assert.deepEqual([made.openings.length, made.keeper.snapshot.server], [2, other]);
  await made.keeper.close();
});

test('a redirection does not end while a mitigation is active', async () => {
  const made = scene();
  const { keeper, clock } = made;
  await keeper.open();
  const granted = { 'ietf-dots-signal-channel:mitigation-scope': { scope: [{ mid: 1, lifetime: 3600 }] } };
  const answers = { [home]: redirect('alt.example.net', 600), [other]: { ...created, body: granted } };
  assert.equal(await made.ask(answers, true), `2.01 of ${other}`);
  await clock.advance(50 * minute);
  assert.equal(keeper.snapshot.server, other);
  await clock.advance(10 * minute);
  assert.equal(keeper.snapshot.server, home);
  await keeper.close();
});

test('a redirection with Max-Age 0 is for the request alone', async () => {
  const made = scene();
  const { keeper, sessions } = made;
  await keeper.open();
  assert.equal(await made.ask({ [home]: redirect('alt.example.net', 0) }, true), `2.01 of ${other}`);
  assert.deepEqual([keeper.snapshot.server, sessions[0]?.closed, sessions[1]?.closed], [home, false, true]);
  await keeper.close();
});

test('servers that redirect to each other are reported once, and the refusal is the answer', async () => {
  const made = scene();
  await made.keeper.open();
  const answers = { [home]: redirect('alt.example.net', 600), [other]: redirect('dots.example.net', 600) };
  assert.match(await made.ask(answers), /^5\.03 of /);
  const { length } = made.openings;
  await made.ask(answers);
  await made.ask(answers);
  assert.equal(made.openings.length, length, 'no more sessions');
  assert.equal(said(made).filter((words) => words.includes('is ignored')).length, 1);
  await made.keeper.close();
});

test('an alternate server that cannot be reached leaves the session as it is, and is not attempted each time', async () => {
  const made = scene();
  await made.keeper.open();
  made.absent.add(other);
  assert.equal(await made.ask({ [home]: redirect('alt.example.net', 600) }), `5.03 of ${home}`);
  const { length } = made.openings;
  assert.equal(await made.ask({ [home]: redirect('alt.example.net', 600) }), `5.03 of ${home}`);
  assert.deepEqual([made.openings.length, made.keeper.snapshot.state], [length, 'connected']);
  await made.keeper.close();
  assert.equal(made.clock.pending, 0);
});

test('further addresses are used where the first is not reachable, and the first again once it is', async () => {
  const made = scene([other, third]);
  const { keeper, clock, openings, sessions, absent } = made;
  absent.add(home);
  absent.add(other);
  const opened = keeper.open();
  await clock.advance(100);
  await opened;
  assert.deepEqual(
    openings.map(({ server }) => server),
    [home, other, third],
  );
  assert.equal(sessions[0]?.session.server, third);
  await clock.advance(4 * minute);
  absent.clear();
  await clock.advance(minute);
  assert.equal((await keeper.open()).server, home);
  assert.equal(sessions[0]?.closed, true);
  await clock.advance(60 * minute);
  assert.equal(sessions.length, 2);
  await keeper.close();
  assert.equal(clock.pending, 0);
});
