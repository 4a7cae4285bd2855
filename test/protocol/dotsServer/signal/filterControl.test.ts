import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openSession, protect, startOrchestrator } from '../../../support/protocol/scene';

test('an unknown filter is 4.04 once a mitigation is active', async (t) => {
  const orchestrator = await startOrchestrator(t);
  const session = await openSession(t, orchestrator.signal);
  await session.requestMitigation(protect('192.0.2.0/24'), 1);
  const answer = await session.requestMitigation(
    protect('198.51.100.0/24', {
      'ietf-dots-signal-control:acl-list': [{ 'acl-name': 'nowhere', 'activation-type': 'immediate' }],
    }),
    2,
  );
  assert.equal(answer.code, '4.04');
  assert.match(answer.diagnostic ?? '', /nowhere.*RFC 9133/);
});
