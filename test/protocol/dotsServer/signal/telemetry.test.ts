import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeDocument } from '#dots/cbor/codec';
import { bareClient } from '../../../support/protocol/bareClient';
import { openSession, startOrchestrator } from '../../../support/protocol/scene';

test('telemetry is stored for its client and returned to it', async (t) => {
  const orchestrator = await startOrchestrator(t);
  const session = await openSession(t, orchestrator.signal, 'client');
  const ask = await bareClient(t, orchestrator.signal);
  const setup = {
    'ietf-dots-telemetry:telemetry-setup': {
      telemetry: [{ 'current-config': { 'measurement-interval': 'hour', 'measurement-sample': 'minute' } }],
    },
  };
  assert.equal((await session.send(setup, { mid: 3 })).code, '2.01');
  assert.equal((await session.send(setup, { mid: 3 })).code, '2.04');
  const kept = await ask({ path: ['tm-setup', 'cuid=client', 'tsid=3'] });
  assert.deepEqual(decodeDocument(kept.payload), {
    'ietf-dots-telemetry:telemetry-setup': {
      telemetry: [{ tsid: 3, 'current-config': { 'measurement-interval': 'hour', 'measurement-sample': 'minute' } }],
    },
  });
  const telemetry = {
    'ietf-dots-telemetry:telemetry': {
      'pre-or-ongoing-mitigation': [
        {
          target: { 'target-prefix': ['2001:db8::1/128'] },
          'total-attack-traffic': [{ unit: 'megabit-ps', 'mid-percentile-g': '900' }],
        },
      ],
    },
  };
  assert.equal((await session.send(telemetry, { mid: 8 })).code, '2.04');
  assert.match(JSON.stringify(decodeDocument((await ask({ path: ['tm', 'cuid=client'] })).payload)), /"tmid":8/);
  assert.equal((await ask({ path: ['tm', 'cuid=client', 'tmid=9'] })).code, '4.04');
  assert.equal((await ask({ path: ['tm', 'cuid=other'] })).code, '4.04');
  assert.equal((await ask({ method: 'DELETE', path: ['tm', 'cuid=client'] })).code, '2.02');
  assert.equal((await ask({ path: ['tm', 'cuid=client'] })).code, '4.04');
});
