import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Scrubbers } from '#dots/orchestrator/scrubbing';
import { MitigationSystems } from '#dots/orchestrator/dms/mitigationSystems';
import { attacked, dms, network, quiet, States } from '../../support/dmsScene';
import { eventually, isError, temporaryFolder } from '../../support/protocol/scene';

const systems = [dms(), dms({ name: 'scrubber-2', carries: ['transit-2'] })];

test('each DMS of a policy is a server of its own, and is asked for its requests alone', async (t) => {
  const net = network(systems);
  const opened = await MitigationSystems.open({ policy: { dms: systems, quiet }, network: net });
  t.after(() => opened.close());
  const all: Scrubbers = opened;
  assert.deepEqual([...all.addresses.keys()], ['scrubber-1', 'scrubber-2']);
  const [one, two, none] = [new States(), new States(), new States()];
  all.setFault('scrubber-2', 'refuses');
  const first = all.start('scrubber-1', { id: '1 web', scope: attacked('192.0.2.10/32') }, one.take);
  all.start('scrubber-2', { id: '2 web', scope: attacked('192.0.2.11/32') }, two.take);
  all.start('gone', { id: '3 web', scope: attacked('192.0.2.12/32') }, none.take);
  all.resumed();
  await two.reaches(7);
  assert.equal(none.all.at(-1)?.status, 7);
  assert.match(all.obstacle('scrubber-2') ?? '', /^refuses with 5\.03/);
  assert.equal(all.obstacle('scrubber-1'), undefined);
  net.pass(4);
  await one.reaches(2);
  first.end();
});

test('what several starts with one state folder ask of a DMS is asked once', async (t) => {
  const stateDir = await temporaryFolder(t);
  const log: string[] = [];
  for (let run = 0; run < 3; run++) {
    const net = network(systems);
    const all = await MitigationSystems.open({
      policy: { dms: systems, quiet },
      network: net,
      stateDir,
      log: (line) => log.push(line),
    });
    const states = new States();
    all.start('scrubber-1', { id: '1 web', scope: attacked('192.0.2.10/32') }, states.take);
    all.resumed();
    await eventually(() => {
      net.pass(1);
      return states.all.at(-1)?.status === 2;
    });
    await all.close();
  }
  assert.equal(log.filter((line) => / PUT .*mid=/.test(line)).length, 1, log.join('\n'));
});

test('a fault or a DMS that is not known, and a profile that may not be used', async (t) => {
  const net = network(systems);
  const all = await MitigationSystems.open({ policy: { dms: systems, quiet }, network: net });
  t.after(() => all.close());
  assert.throws(() => all.setFault('scrubber-1', 'tired'), isError('usage', 'orchestrator/fault'));
  assert.throws(() => all.setFault('provider', 'silent'), isError('usage', 'orchestrator/fault'));
  const real = dms({ profile: 'provider' });
  await assert.rejects(
    MitigationSystems.open({ policy: { dms: [real], quiet }, network: network([real]) }),
    isError('usage', 'orchestrator/dms-profile'),
  );
});
