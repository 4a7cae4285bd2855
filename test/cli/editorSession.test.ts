import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { test } from 'node:test';
import { readCredentials } from '#dots/transport/certificates/credentialFiles';
import { eventually, freePort, protect } from '../support/protocol/scene';
import type * as features from '../support/clientFeatures';
import { root } from '../support/shared';
import { bundled } from '../support/bundle';
import { folder, startMock } from '../support/dots';

const { SessionHost } = createRequire(__filename)(
  bundled('test/support/clientFeatures.ts', {
    vscode: join(root, 'test/support/vscode.ts'),
    '#lazy/protocol': join(root, 'client/src/bundles/protocol.ts'),
  }),
) as typeof features;
const silent = (): void => undefined;
const log = { info: silent, warn: silent, error: silent, debug: silent, trace: silent };

for (const transport of ['coaps', 'coapsTcp'] as const) {
  test(`in the editor a mitigation is refreshed and withdrawn after its server was started anew (${transport})`, async (t) => {
    const state = folder(t);
    const port = String(await freePort());
    const { child, ready } = await startMock(t, '--state', state, '--secure-port', port);
    const { ca, cert, key, [transport]: server } = ready as Record<string, string>;
    const host = new SessionHost({ mid: () => Promise.resolve(7) } as never, log as never, 'lab');
    t.after(() => host.close());
    const place = {
      name: 'lab',
      server: server ?? '',
      cuid: 'c',
      production: false,
      credentials: await readCredentials('', { ca, cert, key }),
    };
    assert.equal((await host.send(place, protect('192.0.2.0/24'), new AbortController().signal)).answer.code, '2.01');
    child.kill('SIGTERM');
    await once(child, 'close');
    await eventually(() => host.state !== 'open');
    await assert.rejects(host.refresh(), { kind: 'unreachable' });
    await startMock(t, '--state', state, '--secure-port', port);
    assert.equal((await host.refresh()).code, '2.05');
    assert.equal(host.state, 'open');
    assert.deepEqual(
      host.mitigations().map(({ mid }) => mid),
      [7],
    );
    assert.equal((await host.withdraw(7)).code, '2.02');
  });
}
