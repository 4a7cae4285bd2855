import assert from 'node:assert/strict';
import { createServer as createHttps, type Server as HttpsServer } from 'node:https';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { test, type TestContext } from 'node:test';
import { DataSession } from '#dots/data/session';
import { UnansweredChange } from '#dots/data/unansweredChange';
import { openLab, type Lab } from '#dots/transport/certificates/lab';
import { alias, aliases, cuid } from '../../support/protocol/dataScene';
import { FakeClock } from '../../support/protocol/fakeClock';
import { eventually, temporaryFolder } from '../../support/protocol/scene';

/** Listens on loopback until the test ends; `sockets` holds every connection that was made. */
async function listen(t: TestContext, server: Server | HttpsServer): Promise<{ url: string; sockets: Socket[] }> {
  const sockets: Socket[] = [];
  server.on('connection', (socket: Socket) => sockets.push(socket.on('error', () => undefined)));
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  t.after(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return { url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`, sockets };
}

async function open(t: TestContext, server: string, lab: Lab, clock: FakeClock): Promise<DataSession> {
  const session = await DataSession.open({ server, cuid, clock, ...lab.files });
  t.after(() => session.close());
  return session;
}

interface Scene {
  clock: FakeClock;
  session: DataSession;
  sockets: Socket[];
}

/** A server that takes connections and never says a word. */
async function silent(t: TestContext): Promise<Scene> {
  const clock = new FakeClock();
  const { url, sockets } = await listen(
    t,
    createServer((socket) => socket.resume()),
  );
  return { clock, sockets, session: await open(t, url, await openLab(await temporaryFolder(t)), clock) };
}

/**
 * A server that answers each request with the next status, after so many milliseconds of the clock, and keeps what was
 * asked.
 */
async function slow(t: TestContext, milliseconds: number, statuses: number[]): Promise<Scene & { asked: string[] }> {
  const clock = new FakeClock();
  const lab = await openLab(await temporaryFolder(t));
  const asked: string[] = [];
  const { url, sockets } = await listen(
    t,
    createHttps({ ...lab.server }, ({ method, url: path }, response) => {
      const status = statuses[asked.push(`${method} ${path}`) - 1] ?? 204;
      clock.setTimeout(() => response.writeHead(status).end(), milliseconds);
    }),
  );
  return { clock, sockets, asked, session: await open(t, url, lab, clock) };
}

const root = 'GET /.well-known/host-meta';
const gone = (sockets: Socket[]): boolean => sockets.length > 0 && sockets.every(({ destroyed }) => destroyed);

test('a server that never speaks TLS is given up when the time is over, and so is the connection', async (t) => {
  const { clock, session, sockets } = await silent(t);
  const outcome = assert.rejects(session.get('aliases', { timeoutMs: 500 }), {
    kind: 'unreachable',
    code: 'data/no-answer',
    message: /^https:\/\/127\.0\.0\.1:\d+ did not answer within 0\.5 s\.$/,
    hint: /Check the address/,
  });
  await eventually(() => sockets.length === 1);
  await clock.advance(500);
  await outcome;
  await eventually(() => gone(sockets));
  assert.equal(clock.pending, 0);
});

test('a caller may give up while the connection is made, and before', async (t) => {
  const { clock, session, sockets } = await silent(t);
  const controller = new AbortController();
  const cancelled = { code: 'data/cancelled', message: /before it was sent/ };
  const outcome = assert.rejects(session.get('aliases', { signal: controller.signal }), cancelled);
  await eventually(() => sockets.length === 1);
  controller.abort();
  await outcome;
  await eventually(() => gone(sockets));
  await assert.rejects(
    session.install(aliases(alias('web', '192.0.2.1/32')), { signal: controller.signal }),
    cancelled,
  );
  assert.deepEqual([sockets.length, clock.pending], [1, 0]);
});

test('a caller that gives up takes no connection from another that waits for it; closing the session does', async (t) => {
  const { session, sockets } = await silent(t);
  const controller = new AbortController();
  const other = assert.rejects(session.get('acls'), { code: 'data/cancelled' });
  const outcome = assert.rejects(session.get('aliases', { signal: controller.signal }), { code: 'data/cancelled' });
  await eventually(() => sockets.length === 1);
  controller.abort();
  await outcome;
  assert.equal(sockets[0]?.destroyed, false);
  await session.close();
  await other;
  await eventually(() => gone(sockets));
});

test('a request that was sent may have arrived, whether its time is over or its caller gave up', async (t) => {
  const { clock, session, asked } = await slow(t, 60_000, []);
  const late = assert.rejects(session.get('aliases', { timeoutMs: 1000 }), {
    code: 'data/no-answer',
    message: /GET \/\.well-known\/host-meta within 1 s/,
    hint: /It may have processed/,
  });
  await eventually(() => asked.length === 1);
  await clock.advance(1000);
  await late;
  const controller = new AbortController();
  const cancelled = assert.rejects(session.get('aliases', { signal: controller.signal }), {
    code: 'data/cancelled',
    message: /may have arrived/,
  });
  await eventually(() => asked.length === 2);
  controller.abort();
  await cancelled;
});

test('the time for an installation is for all of it, whatever it takes', async (t) => {
  const { clock, session, asked } = await slow(t, 4000, [404, 404, 201]);
  const outcome = assert.rejects(
    session.install(aliases(alias('web', '192.0.2.1/32')), { timeoutMs: 10_000 }),
    (error) =>
      error instanceof UnansweredChange && error.code === 'data/no-answer' && /within 10 s/.test(error.message),
  );
  for (const count of [1, 2]) {
    await eventually(() => asked.length === count);
    await clock.advance(4000);
  }
  await eventually(() => asked.length === 3);
  await clock.advance(2000);
  await outcome;
  assert.deepEqual(
    asked.map((line) => line.split(' ')[0]),
    ['GET', 'POST', 'POST'],
  );
});

test('the round trip is measured by the clock of the session', async (t) => {
  const { clock, session, asked } = await slow(t, 70, [404, 204]);
  const answer = session.get('aliases');
  for (const count of [1, 2]) {
    await eventually(() => asked.length === count);
    await clock.advance(70);
  }
  assert.equal((await answer).roundTripMs, 70);
  assert.equal(asked[0], root);
});
