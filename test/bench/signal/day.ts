import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { SessionKeeper } from '#dots/signal/keeper/sessionKeeper';
import { LossyPath } from '../../support/lossTrial';
import { FakeClock } from '../../support/protocol/fakeClock';
import { Random } from '../../support/random';
import { report, rounded } from './report';

const sessions = 100;
const hourMs = 3_600_000;
/** heartbeat-interval: RFC 9132 section 4.5.2, milliseconds. */
const heartbeatMs = 30_000;
/** How much the heap may grow from the first hour to the last. */
const growthAtMost = 1.05;

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

function heap(): number {
  collect();
  return process.memoryUsage().heapUsed;
}

/** Kept sessions for a day in fake time: their heartbeats, timers and memory. */
export async function day(): Promise<void> {
  const clock = new FakeClock();
  const paths = Array.from({ length: sessions }, (_, index) => new LossyPath(clock, 0, new Random(index)));
  const keepers = paths.map((path, index) => {
    const peer = `192.0.2.${index}:4646`;
    return new SessionKeeper({
      server: `coaps://${peer}`,
      cuid: 'c',
      clock,
      open: () => Promise.resolve(path.session(peer)),
    });
  });
  await Promise.all(keepers.map((keeper) => keeper.open()));
  await clock.advance(hourMs);
  const [timers, before] = [clock.pending, heap()];
  for (let hour = 2; hour <= 24; hour += 1) {
    for (const path of paths) path.sentAt.length = Math.min(path.sentAt.length, heartbeatsIn(hourMs));
    await clock.advance(hourMs);
  }
  const growth = heap() / before;
  // Those of the first hour, of which nothing is dropped, and of the last.
  const exact = paths.every(({ sentAt }) => {
    const last = sentAt.slice(heartbeatsIn(hourMs));
    const expected = Array.from({ length: heartbeatsIn(hourMs) }, (_, index) => heartbeatMs * (index + 1));
    return (
      sentAt.slice(0, heartbeatsIn(hourMs)).join() === expected.join() &&
      last.join() === expected.map((at) => at + 23 * hourMs).join()
    );
  });
  const connected = keepers.filter(({ snapshot }) => snapshot.state === 'connected').length;
  const met = exact && connected === sessions && clock.pending === timers && growth <= growthAtMost;
  report('day', met, {
    sessions,
    hours: 24,
    connected,
    heartbeatsExact: exact,
    timersAfterAnHour: timers,
    timersAfterADay: clock.pending,
    heapGrowth: rounded(growth),
  });
  await Promise.all(keepers.map((keeper) => keeper.close()));
}

const heartbeatsIn = (milliseconds: number): number => Math.floor(milliseconds / heartbeatMs);
