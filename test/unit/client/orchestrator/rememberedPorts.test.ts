import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DotsError } from '#dots/model/errors';
import { memory } from '../../../support/loadFeatures';
import { onRememberedPorts, rememberPorts, type Ports } from '../../../../client/src/orchestrator/rememberedPorts';

const free: Ports = { securePort: 0, dataPort: 0 };
const taken = (): DotsError => new DotsError('usage', 'transport/port-in-use', 'The port is in use.');

/** Starts with these ports taken; returns every attempt. */
async function attempts(of: ReturnType<typeof memory>, configured: Ports, inUse: number[] = []): Promise<Ports[]> {
  const tried: Ports[] = [];
  await onRememberedPorts(of, configured, (ports) => {
    tried.push(ports);
    return inUse.includes(ports.securePort) ? Promise.reject(taken()) : Promise.resolve();
  }).catch(() => undefined);
  return tried;
}

test('the mock starts again on the ports that it had, and on free ones where they are taken', async () => {
  const known = memory();
  assert.deepEqual(await attempts(known, free), [free]);
  await rememberPorts(known, 'coaps://127.0.0.1:1001', 'https://127.0.0.1:1002/');
  assert.deepEqual(await attempts(known, free), [{ securePort: 1001, dataPort: 1002 }]);
  assert.deepEqual(await attempts(known, free, [1001]), [{ securePort: 1001, dataPort: 1002 }, free]);
});

test('a configured port takes precedence, and one that is taken is reported', async () => {
  const known = memory();
  await rememberPorts(known, 'coaps://127.0.0.1:1001', 'https://127.0.0.1:1002');
  const configured = { securePort: 4646, dataPort: 4647 };
  assert.deepEqual(await attempts(known, configured, [4646]), [configured]);
  await assert.rejects(
    onRememberedPorts(known, configured, () => Promise.reject(taken())),
    /in use/,
  );
});
