import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test, type TestContext } from 'node:test';
import { freePort, udpSocket } from '../support/protocol/scene';
import { folder } from '../support/dots';
import { checkOutput } from '../support/outputs';
import { runHere } from '../support/runHere';
import { needTool } from '../support/tools';

/**
 * RFC 8973 figure 8, with addresses of both families; `example.org` has DNS-SD instead; `example.com` has addresses
 * only.
 */
const records = [
  '--naptr-record=example.net,100,10,,DOTS:signal.udp,,signal.example.net',
  '--naptr-record=example.net,200,10,,DOTS:signal.tcp,,signal.example.net',
  '--naptr-record=example.net,300,10,,DOTS:data.tcp,,data.example.net',
  '--naptr-record=signal.example.net,100,10,s,DOTS:signal.udp,,_dots-signal._udp.example.net',
  '--naptr-record=signal.example.net,200,10,s,DOTS:signal.tcp,,_dots-signal._tcp.example.net',
  '--naptr-record=data.example.net,100,10,s,DOTS:data.tcp,,_dots-data._tcp.example.net',
  '--naptr-record=data.example.net,200,10,a,DOTS:data.tcp,,b.example.net',
  '--srv-host=_dots-signal._udp.example.net,a.example.net,5000,0,0',
  '--srv-host=_dots-signal._tcp.example.net,a.example.net,5001,0,0',
  '--srv-host=_dots-data._tcp.example.net,a.example.net,5002,0,0',
  '--host-record=example.net,192.0.2.1,2001:db8::1',
  '--host-record=a.example.net,192.0.2.1,2001:db8::1',
  '--host-record=b.example.net,2001:db8::2',
  '--ptr-record=_dots-signal._udp.example.org,a._dots-signal._udp.example.org',
  '--srv-host=a._dots-signal._udp.example.org,a.example.org,4646,0,0',
  '--host-record=a.example.org,198.51.100.1',
  '--host-record=example.com,203.0.113.1',
  ...['net', 'org', 'com'].map((top) => `--local=/example.${top}/`),
];

/** The address of a name server on loopback with these records; undefined where dnsmasq is not installed. */
async function nameServer(t: TestContext): Promise<string | undefined> {
  if (!needTool(t, 'dnsmasq', 'dnsmasq-base')) return undefined;
  const port = await freePort();
  const child = spawn(
    'dnsmasq',
    [
      '--keep-in-foreground',
      '--conf-file=/dev/null',
      '--pid-file',
      '--log-facility=-',
      ...['--no-resolv', '--no-hosts', '--bind-interfaces', '--listen-address=127.0.0.1', `--port=${port}`],
      ...(process.getuid?.() === 0 ? ['--user=root', '--group=root'] : []),
      ...records,
    ],
    { env: { ...process.env, PATH: `${process.env.PATH ?? ''}:/usr/sbin` } },
  );
  t.after(() => child.kill('SIGKILL'));
  for await (const line of createInterface(child.stderr)) if (line.includes('started')) break;
  return `127.0.0.1:${port}`;
}

test('dots discover finds the servers of RFC 8973 figure 8 at a real name server, and prints a valid profile', async (t) => {
  const resolver = await nameServer(t);
  if (resolver === undefined) return;
  const { status, out, err } = await runHere(['discover', 'Example.NET.', '--resolver', resolver, '--format', 'json']);
  assert.equal(status, 0, err);
  checkOutput('discover', JSON.parse(out));
  const { servers, profile, ...others } = JSON.parse(out) as Record<string, unknown> & {
    servers: Record<string, unknown>[];
  };
  assert.deepEqual(
    servers.map(({ channel, transport, host, port, addresses }) => [channel, transport, host, port, addresses]),
    [
      ['signal', 'udp', 'a.example.net', 5000, ['2001:db8::1', '192.0.2.1']],
      ['signal', 'tcp', 'a.example.net', 5001, ['2001:db8::1', '192.0.2.1']],
      ['data', 'tcp', 'a.example.net', 5002, ['2001:db8::1', '192.0.2.1']],
      ['data', 'tcp', 'b.example.net', 443, ['2001:db8::2']],
    ],
  );
  assert.deepEqual(others, {
    version: 1,
    name: 'example.net',
    method: 'S-NAPTR',
    ownAddresses: ['2001:db8::1', '192.0.2.1'],
    certificateName: 'example.net',
    problems: [],
    notes: [],
  });
  const address = { signal: 'coaps://example.net:5000', data: 'https://example.net:5002' };
  assert.deepEqual(profile, { profiles: { 'example.net': address } });
  const file = join(folder(t), 'dots.profiles.json');
  writeFileSync(file, JSON.stringify(profile));
  assert.equal((await runHere(['validate', file])).status, 0);
});

test('the text names each step, and the name that certificates are checked against', async (t) => {
  const resolver = await nameServer(t);
  if (resolver === undefined) return;
  const net = await runHere(['discover', 'example.net', '--resolver', resolver]);
  assert.equal(net.status, 0);
  for (const line of [
    '4 found for example.net by S-NAPTR, in the order in which they are tried:',
    '1. signal channel over DTLS (UDP): a.example.net, port 5000',
    '   addresses: 2001:db8::1, 192.0.2.1',
    '   example.net NAPTR, order 100, preference 10: signal.example.net',
    '   _dots-signal._udp.example.net SRV, priority 0, weight 0: a.example.net, port 5000',
    'Certificates are checked against example.net, the name that you specified.',
  ])
    assert.ok(net.out.split('\n').includes(line), `${line}\n${net.out}`);
  const org = await runHere(['discover', 'example.org', '--resolver', resolver]);
  assert.match(org.out, /^1 found for example\.org by DNS-SD/);
  assert.match(org.out, /^The signal channel is at .* its certificate must be for example\.org, the "server-name"/m);
});

test('a name without records for DOTS is exit 1, a name server that does not answer is exit 3, also as JSON', async (t) => {
  const resolver = await nameServer(t);
  if (resolver === undefined) return;
  const none = await runHere(['discover', 'example.com', '--resolver', resolver, '--format', 'json']);
  assert.equal(none.status, 1);
  assert.match(none.out, /"code": "discovery\/nothing-found"/);
  const silent = await udpSocket(t);
  const at = `127.0.0.1:${silent.address().port}`;
  const unanswered = await runHere(['discover', 'example.net', '--resolver', at, '--timeout', '1', '--format=json']);
  assert.equal(unanswered.status, 3);
  assert.match(unanswered.out, /"code": "discovery\/no-answer"/);
});

test('names and name servers that are none are wrong usage', async () => {
  for (const words of [[], ['a.example.net', 'b.example.net'], ['192.0.2.1'], ['a b'], ['a..b'], ['localhost']])
    assert.equal((await runHere(['discover', ...words])).status, 2, words.join());
  for (const resolver of [
    '',
    'dns.example.net',
    '192.0.2.53:0',
    '192.0.2.53:65536',
    '[192.0.2.53]',
    '2001:db8::53]:53',
    ':53',
  ])
    assert.match((await runHere(['discover', 'example.net', '--resolver', resolver])).err, /--resolver must be/);
});
