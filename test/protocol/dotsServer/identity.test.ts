import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { systemClock } from '#dots/runtime/clock';
import type { JsonObject } from '#dots/model/json';
import type { DataSession } from '#dots/data/session';
import { Orchestrator } from '#dots/orchestrator/orchestrator';
import { SignalSession, type Answer } from '#dots/signal/session';
import { openLab } from '#dots/transport/certificates/lab';
import { root } from '../../support/shared';
import { rawData } from '../../support/protocol/rawData';
import { openClients, type ClientsScene } from '../../support/protocol/clientsScene';
import { ace, acl, acls, alias, aliases } from '../../support/protocol/dataScene';
import {
  openSession,
  protect,
  request,
  scopesOf,
  startOrchestrator,
  temporaryFolder,
} from '../../support/protocol/scene';

const causeOf = ({ body }: Answer): unknown =>
  (scopesOf(body)[0]?.['conflict-information'] as { 'conflict-cause'?: unknown } | undefined)?.['conflict-cause'];

const filter = acls(acl('accept', ace('ntp', 123, 'accept')));

test('a second certificate cannot register the cuid of a client of the signal channel, whose mitigation stays its own', async (t) => {
  const { orchestrator, signal, data, log } = await openClients(t);
  const owner = await signal('one', 'c', 'coaps');
  assert.equal((await owner.requestMitigation(protect('192.0.2.0/24'), 1)).code, '2.01');
  const intruder = await data('two', 'c');
  const refused = await intruder.install(filter);
  assert.deepEqual([refused.answer.status, refused.answer.errors[0]?.tag], [409, 'resource-denied']);
  assert.match(refused.answer.errors[0]?.message ?? '', /"spki-sha256":"[0-9a-f]{64}".*--clients/);
  assert.deepEqual(orchestrator.filters(), []);
  assert.equal((await owner.status(1)).code, '2.05');
  assert.equal((await owner.requestMitigation(protect('192.0.2.0/24'), 1)).code, '2.04');
  assert.equal((await (await data('one', 'c')).install(filter)).answer.status, 201);
  const other = await signal('two', 'c');
  assert.equal(causeOf(await other.requestMitigation(protect('192.0.2.0/24'), 2)), 'cuid-collision');
  assert.ok(log.some((line) => /belongs to another client.*--clients/.test(line)));
  assert.equal((await owner.withdraw(1)).code, '2.02');
  assert.equal(scopesOf((await owner.status(1)).body)[0]?.status, 'dots-client-withdrawn-mitigation');
});

test('a cuid that one certificate has registered is refused to another on the signal channel', async (t) => {
  const { signal, data } = await openClients(t);
  assert.equal((await (await data('one', 'c')).install(filter)).answer.status, 201);
  const other = await signal('two', 'c');
  const refused = await other.requestMitigation(protect('192.0.2.0/24'), 1);
  assert.deepEqual([refused.code, causeOf(refused)], ['4.09', 'cuid-collision']);
  assert.equal((await (await signal('one', 'c')).requestMitigation(protect('192.0.2.0/24'), 1)).code, '2.01');
});

test('of two clients that claim a cuid at the same time exactly one succeeds, and can go on', async (t) => {
  const { signal, data } = await openClients(t);
  const [one, two] = [await signal('one', 'x', 'coaps'), await signal('two', 'x')];
  for (let round = 0; round < 10; round += 1) {
    const cuid = randomBytes(8).toString('hex');
    const claim = (session: SignalSession): Promise<Answer> => session.requestMitigation(protect('192.0.2.0/24'), 1);
    const [first, second] = [await signal('one', cuid, 'coaps'), await signal('two', cuid)];
    const answers = await Promise.all([claim(first), claim(second)]);
    assert.deepEqual(answers.map(({ code }) => code).sort(), ['2.01', '4.09']);
    const [winner, loser] = answers[0]?.code === '2.01' ? [first, second] : [second, first];
    assert.equal(causeOf(answers.find(({ code }) => code === '4.09')!), 'cuid-collision');
    assert.deepEqual([(await winner.status(1)).code, (await loser.status(1)).code], ['2.05', '4.04']);
  }
  const [registers, requests] = await Promise.all([
    (await data('one', 'both')).install(filter),
    (await signal('two', 'both')).requestMitigation(protect('192.0.2.0/24'), 1),
  ]);
  assert.deepEqual(
    [registers.answer.status === 201, requests.code === '2.01'].sort(),
    [false, true],
    `${registers.answer.status} ${requests.code}`,
  );
  assert.ok([201, 409].includes(registers.answer.status) && ['2.01', '4.09'].includes(requests.code));
  await Promise.all([one.close(), two.close()]);
});

test('a refused request claims nothing', async (t) => {
  const { signal } = await openClients(t);
  const [one, two] = [await signal('one', 'c'), await signal('two', 'c')];
  assert.equal((await one.requestMitigation(protect('not a prefix'), 1)).code, '4.00');
  assert.equal((await two.requestMitigation(protect('192.0.2.0/24'), 1)).code, '2.01');
});

test('plain CoAP is a separate client: it sees and changes nothing of the others, nor they of it', async (t) => {
  const { orchestrator, signal } = await openClients(t);
  const secured = await signal('one', 'c');
  await secured.requestMitigation(protect('192.0.2.0/24'), 1);
  const plain = await openSession(t, orchestrator.signal, 'c');
  assert.equal((await plain.status(1)).code, '4.04');
  assert.equal((await plain.withdraw(1)).code, '4.03');
  assert.equal(causeOf(await plain.requestMitigation(protect('192.0.2.0/24'), 2)), 'cuid-collision');
  assert.equal(scopesOf((await secured.status(1)).body)[0]?.status, 'attack-mitigation-in-progress');
  const plainToo = await openSession(t, orchestrator.signal, 'p');
  assert.equal((await plainToo.requestMitigation(protect('192.0.2.0/24'), 1)).code, '2.01');
  assert.equal((await (await signal('one', 'p')).status(1)).code, '4.04');
});

test('several identities of one client share its cuid on both channels; an identity of nobody is refused, and learns why', async (t) => {
  const key = randomBytes(16);
  const { signal, data, orchestrator } = await openClients(t, (clients) => ({
    psk: () => key,
    clients: [
      { name: 'web', identities: ['one', 'two'].map((name) => clients.get(name)?.identity ?? '').concat('psk:edge') },
    ],
  }));
  assert.equal((await (await signal('one', 'c')).requestMitigation(protect('192.0.2.0/24'), 1)).code, '2.01');
  assert.equal((await (await signal('two', 'c', 'coaps')).status(1)).code, '2.05');
  assert.equal((await (await data('two', 'c')).install(filter)).answer.status, 201);
  const credentials = { psk: { identity: 'edge', key } };
  const keyed = await SignalSession.open({ server: orchestrator.coaps ?? '', cuid: 'c', credentials });
  t.after(() => keyed.close());
  assert.equal((await keyed.status(1)).code, '2.05');
  const stranger = await (await signal('three', 'c')).status(1);
  assert.deepEqual([stranger.code, /"spki-sha256":"[0-9a-f]{64}"/.test(stranger.diagnostic ?? '')], ['4.03', true]);
  const { answer } = await (await data('three', 's')).install(filter);
  assert.deepEqual([answer.status, answer.errors[0]?.tag], [403, 'access-denied']);
});

test('a client that is no gateway has its configured cuid, or one at a time', async (t) => {
  const { signal, data } = await openClients(t, (clients) => {
    const identities = (name: string): string[] => [clients.get(name)?.identity ?? ''];
    return {
      clients: [
        { name: 'fixed', identities: identities('one'), cuid: 'mine' },
        { name: 'free', identities: identities('two') },
        { name: 'gateway', identities: identities('three'), gateway: true },
      ],
    };
  });
  const ask = async (name: string, cuid: string): Promise<string> =>
    (await (await signal(name, cuid)).requestMitigation(protect('192.0.2.0/24'), 1)).code;
  const install = async (name: string, cuid: string): Promise<number> =>
    (await (await data(name, cuid)).install(filter)).answer.status;
  assert.deepEqual([await ask('one', 'mine'), await ask('one', 'other')], ['2.01', '4.00']);
  assert.deepEqual([await install('one', 'other'), await install('one', 'mine')], [403, 201]);
  assert.deepEqual([await ask('two', 'first'), await ask('two', 'second')], ['2.01', '4.00']);
  assert.equal(await install('two', 'second'), 403);
  assert.equal((await (await signal('two', 'first')).withdraw(1)).code, '2.02');
  assert.deepEqual([await ask('two', 'second'), await install('two', 'second')], ['2.01', 201]);
  assert.deepEqual([await ask('three', 'a'), await ask('three', 'b')], ['2.01', '2.01']);
});

/** A server with one client of two prefixes, and names of its resolver. */
function openRestricted(t: TestContext): Promise<ClientsScene> {
  const names: Record<string, string[]> = {
    'in.example': ['192.0.2.1', '2001:db8::1'],
    'out.example': ['192.0.2.1', '8.8.8.8'],
  };
  return openClients(t, (clients) => ({
    resolve: (name) => Promise.resolve(names[name] ?? []),
    clients: [
      {
        name: 'web',
        identities: [clients.get('one')?.identity ?? ''],
        ownPrefixes: ['192.0.2.0/24', '2001:db8::/32'],
      },
    ],
  }));
}

test('targets outside of the own prefixes are refused on the signal channel, names by their addresses', async (t) => {
  const { signal } = await openRestricted(t);
  const session = await signal('one', 'c');
  let mid = 0;
  const put = async (scope: JsonObject): Promise<[string, string?]> => {
    const { code, diagnostic } = await session.requestMitigation(request({ lifetime: 60, ...scope }), (mid += 1));
    return diagnostic === undefined ? [code] : [code, diagnostic];
  };
  const within: JsonObject[] = [
    { 'target-prefix': ['192.0.2.0/25', '2001:db8:1::/48'] },
    { 'target-prefix': ['::ffff:192.0.2.9/128'] },
    { 'target-fqdn': ['in.example'] },
    { 'target-uri': ['https://user@in.example:8443/path', 'https://[2001:db8::2]/'] },
  ];
  for (const scope of within) assert.equal((await put(scope))[0], '2.01', JSON.stringify(scope));
  const outside: [JsonObject, RegExp][] = [
    [{ 'target-prefix': ['192.0.2.1/32', '198.51.100.0/24'] }, /"198\.51\.100\.0\/24" is outside/],
    [{ 'target-prefix': ['192.0.0.0/16'] }, /outside/],
    [{ 'target-prefix': ['::ffff:198.51.100.1/128'] }, /outside/],
    [{ 'target-fqdn': ['out.example'] }, /"out\.example" has the address 8\.8\.8\.8/],
    [{ 'target-fqdn': ['unknown.example'] }, /no address that is known to this server/],
    [{ 'target-uri': ['https://198.51.100.7/'] }, /outside/],
    [{ 'target-uri': ['https://in.example@out.example/'] }, /8\.8\.8\.8/],
  ];
  for (const [scope, message] of outside) {
    const [code, diagnostic = ''] = await put(scope);
    assert.equal(code, '4.00', JSON.stringify(scope));
    assert.match(diagnostic, message);
    assert.match(diagnostic, /RFC 9132 section 4\.4\.1\.1/);
  }
});

test('aliases and ACLs outside of the own prefixes are refused on the data channel, and an entry without a destination applies to them', async (t) => {
  const { orchestrator, signal, data } = await openRestricted(t);
  const channel = await data('one', 'c');
  const refused = async (document: JsonObject, path: RegExp): Promise<void> => {
    const { answer } = await channel.install(document);
    assert.deepEqual([answer.status, answer.errors[0]?.tag], [400, 'invalid-value']);
    assert.match(answer.errors[0]?.path ?? '', path);
  };
  await refused(
    aliases(alias('web', '192.0.2.1/32'), alias('far', '198.51.100.1/32')),
    /alias\[name='far'\]\/target-prefix/,
  );
  await refused(aliases({ name: 'far', 'target-fqdn': ['out.example'] }), /target-fqdn/);
  const far = ace('far', 53);
  const matches = { ...(far.matches as JsonObject), ipv4: { 'destination-ipv4-network': '198.51.100.0/24' } };
  await refused(acls(acl('a', ace('near', 53), { ...far, matches })), /ace\[name='far'\]/);
  assert.equal((await channel.install(aliases(alias('web', '192.0.2.1/32')))).answer.status, 201);
  const anywhere = { ...ace('anywhere', 123), matches: { ipv4: { protocol: 17 } } };
  assert.equal((await channel.install(acls(acl('a', ace('near', 53), anywhere)))).answer.status, 201);
  assert.equal((await (await signal('one', 'c')).requestMitigation(protect('192.0.2.0/25'), 1)).code, '2.01');
  const texts = orchestrator.flowspec().rules.map(({ text }) => text);
  assert.ok(texts.length === 3 && texts.every((text) => text.startsWith('dst 192.0.2.')), texts.join('\n'));
});

test('PUT and PATCH cannot move aliases and ACLs out of the own prefixes, at any level of their path', async (t) => {
  const { orchestrator, files, data } = await openRestricted(t);
  const channel = await data('one', 'c');
  await channel.install(aliases(alias('web', '192.0.2.1/32')));
  await channel.install(acls(acl('a', ace('near', 53))));
  const send = rawData(t, { data: orchestrator.data, ...files('one') });
  const member = (name: string): string => `ietf-dots-data-channel:${name}`;
  const far = '198.51.100.1/32';
  const entry = { ...ace('near', 53), matches: { ipv4: { 'destination-ipv4-network': far } } };
  const tries: [path: string, body: JsonObject][] = [
    ['', { [member('dots-client')]: [{ cuid: 'c', aliases: { alias: [alias('web', far)] } }] }],
    ['', { [member('dots-client')]: [{ cuid: 'c', acls: { acl: [acl('a', entry)] } }] }],
    ['/aliases', aliases(alias('web', far))],
    ['/aliases/alias=web', { [member('alias')]: [alias('web', far)] }],
    ['/aliases/alias=web/target-prefix', { [member('target-prefix')]: [far] }],
    ['/acls', acls(acl('a', entry))],
    ['/acls/acl=a', { [member('acl')]: [acl('a', entry)] }],
    ['/acls/acl=a/aces/ace=near', { [member('ace')]: [entry] }],
    ['/acls/acl=a/aces/ace=near/matches/ipv4', { [member('ipv4')]: { 'destination-ipv4-network': far } }],
  ];
  for (const [path, body] of tries)
    for (const method of ['PUT', 'PATCH']) {
      const { status, text } = await send(method, `/dots-client=c${path}`, JSON.stringify(body));
      assert.equal(status, 400, `${method} ${path}`);
      assert.match(text, /outside of this client's prefixes/, `${method} ${path}`);
    }
  const { text } = await send('GET', '/dots-client=c');
  assert.ok(!text.includes('198.51.100'), text);
});

test('the limits of a client are for all its cuids together, and for no other client', async (t) => {
  const { signal, data } = await openClients(t, (clients) => ({
    clients: ['one', 'two'].map((name) => ({
      name,
      identities: [clients.get(name)?.identity ?? ''],
      gateway: true,
      limits: name === 'one' ? { mitigations: 2, telemetry: 1, aliases: 1, acls: 1, aces: 2 } : {},
    })),
  }));
  const protects = async (name: string, cuid: string, third: number, mid = third): Promise<string> =>
    (await (await signal(name, cuid)).requestMitigation(protect(`192.0.2.${third}/32`), mid)).code;
  assert.deepEqual(
    [await protects('one', 'a', 1), await protects('one', 'b', 2), await protects('one', 'b', 3)],
    ['2.01', '2.01', '5.03'],
  );
  assert.equal(await protects('one', 'b', 2, 4), '2.01', 'it overrides the one with the same target');
  assert.deepEqual([await protects('one', 'a', 1), await protects('two', 'c', 1)], ['2.04', '2.01']);
  const telemetry = JSON.parse(readFileSync(join(root, 'examples/telemetry.dots.json'), 'utf8')) as JsonObject;
  const measured = async (cuid: string, mid: number): Promise<string> =>
    (await (await signal('one', cuid)).send(telemetry, { mid })).code;
  assert.deepEqual([await measured('a', 1), await measured('b', 1), await measured('a', 1)], ['2.04', '5.03', '2.04']);
  const [a, b] = [await data('one', 'a'), await data('one', 'b')];
  const install = async (session: DataSession, document: JsonObject): Promise<number> =>
    (await session.install(document)).answer.status;
  assert.equal(await install(a, aliases(alias('web', '192.0.2.1/32'))), 201);
  assert.equal(await install(b, aliases(alias('web', '192.0.2.1/32'))), 409);
  assert.equal(await install(a, acls(acl('x', ace('1', 1), ace('2', 2), ace('3', 3)))), 409);
  assert.equal(await install(a, acls(acl('x', ace('1', 1), ace('2', 2)))), 201);
  assert.equal(await install(b, acls(acl('y', ace('1', 1)))), 409);
});

test('an owner is the same after a restart', async (t) => {
  const stateDir = await temporaryFolder(t);
  const { clients } = await openLab(join(stateDir, 'lab'), { clients: ['one', 'two'] });
  const identities = (name: string): string[] => [clients.get(name)?.identity ?? ''];
  const options = {
    stateDir,
    clock: systemClock,
    clients: [
      { name: 'a', identities: identities('one') },
      { name: 'b', identities: identities('two') },
    ],
  };
  const ask = async ({ coapsTcp: server, ca }: Orchestrator, name: string): Promise<string> => {
    const { cert = '', key = '' } = clients.get(name) ?? {};
    const pem = { ca, cert, key };
    const certificate = Object.fromEntries(
      Object.entries(pem).map(([member, file]) => [member, readFileSync(file, 'utf8')]),
    ) as typeof pem;
    const session = await SignalSession.open({ server, cuid: 'c', credentials: { certificate } });
    try {
      return (await session.requestMitigation(protect('192.0.2.0/24'), 1)).code;
    } finally {
      await session.close();
    }
  };
  const first = await Orchestrator.start(options);
  assert.equal(await ask(first, 'one'), '2.01');
  await first.close();
  const second = await startOrchestrator(t, options);
  assert.deepEqual([await ask(second, 'two'), await ask(second, 'one')], ['4.09', '2.04']);
});

test('an identity of two clients is refused at the start', async (t) => {
  const twice = ['a', 'b'].map((name) => ({ name, identities: ['psk:edge'] }));
  await assert.rejects(startOrchestrator(t, { clients: twice }), { code: 'orchestrator/identity-of-two' });
});
