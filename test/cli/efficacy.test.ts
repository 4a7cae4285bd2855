import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { dots, folder, request, startMock, type Run } from '../support/dots';

async function scene(t: TestContext): Promise<(...words: string[]) => Run> {
  const { signal } = await startMock(t);
  const path = folder(t, { 'a.dots.json': request, 'b.dots.json': request.replace('192.0.2', '203.0.113') });
  const run = (...words: string[]): Run => dots([...words, '--ledger', join(path, 'ledger')], '', path);
  assert.equal(run('send', 'a.dots.json', '--server', signal, '--mid', '7').status, 0);
  return run;
}

test('efficacy repeats the only running request with the attack status, which the server accepts', async (t) => {
  const run = await scene(t);
  const { status, out } = run('efficacy', '--attack-status', 'under-attack');
  assert.equal(status, 0);
  assert.match(out, /mid 7 .*lifetime 3600 s[^]*attack goes on\. Next: dots watch 7 /);
  const json = run('efficacy', 'a.dots.json', '--attack-status=attack-successfully-mitigated', '--format', 'json');
  const { servers } = JSON.parse(json.out) as {
    servers: { remarks: string[]; mitigations: Record<string, unknown>[] }[];
  };
  const [mitigation] = servers[0]?.mitigations ?? [];
  assert.deepEqual([mitigation?.mid, mitigation?.code, mitigation?.state], [7, '2.04', 'accepted']);
  assert.match(String(servers[0]?.remarks), /Next: dots withdraw 7 /);
  assert.match(run('refresh').out, /Mid 7: granted 3600 s/);
});

test('without a status, with a mid that does not run, and with several mitigations it says what is missing', async (t) => {
  const run = await scene(t);
  const refused = (words: string[], sentence: RegExp): void => {
    const { status, out, err } = run('efficacy', ...words);
    assert.equal(status, 2, out);
    assert.match(out + err, sentence);
  };
  refused([], /--attack-status is missing\. It is under-attack or attack-successfully-mitigated/);
  const status = ['--attack-status', 'under-attack'];
  refused(['8', ...status], /Mid 8 is not running according to the ledger/);
  assert.match(run('withdraw').out, /confirmed/);
  refused(['7', ...status], /The ledger has no mitigation of mid 7: nothing was reported/);
  refused(status, /No mitigation in the ledger is running: nothing was reported/);
});

test('a mitigation that the server has lost is not created again: there is no answer, and the hint says why', async (t) => {
  const { signal } = await startMock(t);
  const path = folder(t, { 'a.dots.json': request });
  const ledger = ['--ledger', join(path, 'ledger')];
  const run = (...words: string[]): Run => dots([...words, ...ledger], '', path);
  assert.equal(run('send', 'a.dots.json', '--server', signal, '--mid', '7', '--cuid', 'one').status, 0);
  // Another ledger of the same client, such as on another machine.
  const elsewhere = ['--server', signal, '--cuid', 'one', '--ledger', join(path, 'elsewhere')];
  assert.equal(dots(['withdraw', '7', ...elsewhere]).status, 0);
  const { status, out } = run('efficacy', '--attack-status', 'under-attack', '--timeout', '1');
  assert.equal(status, 3);
  assert.match(out, /ignores an efficacy update for a mid it does not know/);
});
