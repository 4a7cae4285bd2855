import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MitigationActivity } from '#dots/signal/keeper/mitigationActivity';
import type { Answer } from '#dots/signal/session';
import { FakeClock } from '../../../support/protocol/fakeClock';

test('the answer to a request that is under way when the session is ended leaves no timer', async () => {
  const clock = new FakeClock();
  const activity = new MitigationActivity(clock, () => undefined);
  const answer: Answer = {
    code: '2.01',
    ok: true,
    roundTripMs: 1,
    request: { method: 'PUT', path: '/.well-known/dots/mitigate/cuid=one/mid=1', octets: 1 },
  };
  let arrive: (answered: { answer: Answer }) => void = () => undefined;
  const asked = activity.during(() => new Promise<{ answer: Answer }>((resolve) => (arrive = resolve)));
  activity.stop();
  arrive({ answer });
  await asked;
  assert.equal(clock.pending, 0);
});
