import assert from 'node:assert/strict';
import { test } from 'node:test';
import { discover, type Discovery, type Lookup } from '#dots/discovery/discover';
import { foundProfile } from '#dots/discovery/profile';
import { leads, protocols, ranked, type NaptrRecord } from '#dots/discovery/records';

/** A NAPTR record from its text: `100 10 "s" DOTS:signal.udp "" next.example.net`. */
function naptr(text: string): NaptrRecord {
  const [order, preference, flags = '', service = '', regexp = '', replacement = ''] = text.split(' ');
  const unquoted = (word: string): string => word.replaceAll('"', '');
  return {
    order: Number(order),
    preference: Number(preference),
    flags: unquoted(flags),
    service: unquoted(service),
    regexp: unquoted(regexp),
    replacement,
  };
}

interface Zone {
  naptr?: Record<string, string[]>;
  srv?: Record<string, string[]>;
  ptr?: Record<string, string[]>;
  addresses?: Record<string, string[]>;
}

/** A name server with a few records; a name with `fails` in it has no answer. `asked` are the questions. */
function zone(records: Zone, asked: string[] = []): Lookup {
  const read = (type: keyof Zone, name: string): Promise<string[]> => {
    asked.push(`${type} ${name}`);
    return name.includes('fails')
      ? Promise.reject(new Error(`No answer for ${name}.`))
      : Promise.resolve(records[type]?.[name] ?? []);
  };
  return {
    naptr: async (name) => (await read('naptr', name)).map(naptr),
    srv: async (name) =>
      (await read('srv', name)).map((text) => {
        const [priority, weight, port, host = ''] = text.split(' ');
        return { priority: Number(priority), weight: Number(weight), port: Number(port), name: host };
      }),
    ptr: (name) => read('ptr', name),
    addresses: (name) => read('addresses', name),
  };
}

/** RFC 8973 figure 8. */
const figure8: Zone = {
  naptr: {
    'example.net': [
      '300 10 "" DOTS:data.tcp "" data.example.net',
      '100 10 "" DOTS:signal.udp "" signal.example.net',
      '200 10 "" DOTS:signal.tcp "" signal.example.net',
    ],
    'signal.example.net': [
      '100 10 "s" DOTS:signal.udp "" _dots-signal._udp.example.net',
      '200 10 "s" DOTS:signal.tcp "" _dots-signal._tcp.example.net',
    ],
    'data.example.net': [
      '100 10 "s" DOTS:data.tcp "" _dots-data._tcp.example.net',
      '200 10 "a" DOTS:data.tcp "" b.example.net',
    ],
  },
  srv: {
    '_dots-signal._udp.example.net': ['0 0 5000 a.example.net'],
    '_dots-signal._tcp.example.net': ['0 0 5001 a.example.net'],
    '_dots-data._tcp.example.net': ['0 0 5002 a.example.net'],
  },
  addresses: { 'a.example.net': ['2001:db8::1'], 'b.example.net': ['2001:db8::2'] },
};

const found = ({ servers }: Discovery): string[] =>
  servers.map(({ protocol, addresses, port }) => `${protocol} ${addresses.join()} ${port}`);

test('RFC 8973 figure 8 leads to the results of its table 1, in their order, each with its steps', async () => {
  const result = await discover('example.net', zone(figure8));
  assert.deepEqual(found(result), [
    'signal.udp 2001:db8::1 5000',
    'signal.tcp 2001:db8::1 5001',
    'data.tcp 2001:db8::1 5002',
    'data.tcp 2001:db8::2 443',
  ]);
  assert.equal(result.method, 'S-NAPTR');
  assert.deepEqual(
    result.servers[0]?.steps.map(({ type, name, next }) => `${type} ${name} ${next}`),
    [
      'NAPTR example.net signal.example.net',
      'NAPTR signal.example.net _dots-signal._udp.example.net',
      'SRV _dots-signal._udp.example.net a.example.net',
    ],
  );
  assert.deepEqual(result.problems, []);
});

test('records are followed by order, then preference; those of other services, flags, expressions and tags are not', () => {
  const records = [
    '20 1 a DOTS:signal.udp "" third.example.net',
    '10 2 A dots:SIGNAL.UDP:data.tcp "" second.example.net',
    '10 1 "" DOTS:signal.tcp:signal.udp "" first.example.net',
    '1 1 a DOTS-CALL-HOME:signal.udp "" home.example.net',
    '1 1 u DOTS:signal.udp "" uri.example.net',
    '1 1 a DOTS:signal.udp !.*!x! expression.example.net',
    '1 1 a DOTS:signal.udp "" .',
    '1 1 a DOTS:signal.sctp "" sctp.example.net',
    '1 1 a SIP+D2U "" sip.example.net',
  ].map(naptr);
  assert.deepEqual(
    leads(records, protocols).map(({ record, next, protocols: led }) => [record.replacement, next, ...led]),
    [
      ['first.example.net', 'naptr', 'signal.udp', 'signal.tcp'],
      ['second.example.net', 'host', 'signal.udp', 'data.tcp'],
      ['third.example.net', 'host', 'signal.udp'],
    ],
  );
});

test('SRV records are used by priority, then the greater weight; the root is no host', () => {
  const record = (priority: number, weight: number, name: string) => ({ priority, weight, port: 1, name });
  const ordered = ranked([
    record(2, 9, 'c'),
    record(1, 5, 'b'),
    record(1, 6, 'a'),
    record(0, 0, '.'),
    record(0, 0, ''),
  ]);
  assert.deepEqual(
    ordered.map(({ name }) => name),
    ['a', 'b', 'c'],
  );
});

test('loops, long chains and endless branches end, with a sentence', async () => {
  const loop = {
    'a.example.net': ['1 1 "" DOTS:data.tcp "" B.example.net'],
    'B.example.net': ['1 1 "" DOTS:data.tcp "" A.EXAMPLE.net.'],
  };
  assert.match((await discover('a.example.net', zone({ naptr: loop }))).problems.join(), /in a loop/);
  const endless = (width: number, asked: string[]): Lookup => ({
    ...zone({}, asked),
    naptr: (name) => {
      asked.push(name);
      return Promise.resolve(
        Array.from({ length: width }, (_, at) => naptr(`1 ${at} "" DOTS:data.tcp "" n${at}.${name}`)),
      );
    },
  });
  const one: string[] = [];
  assert.match((await discover('example.net', endless(1, one))).problems.join(), /behind 8 NAPTR records/);
  assert.ok(one.length < 20);
  const many: string[] = [];
  assert.match((await discover('example.net', endless(9, many))).problems.join(), /more than 200 look-ups/);
  assert.ok(many.length <= 200);
});

test('a server that is named several times is looked up once', async () => {
  const asked: string[] = [];
  await discover('example.net', zone(figure8, asked));
  assert.equal(new Set(asked).size, asked.length);
});

test('without NAPTR records for DOTS, DNS-SD is used', async () => {
  const result = await discover(
    'example.net',
    zone({
      ptr: { '_dots-signal._udp.example.net': ['a._dots-signal._udp.example.net'] },
      srv: { 'a._dots-signal._udp.example.net': ['0 0 4646 a.example.net'] },
      addresses: { 'a.example.net': ['192.0.2.1'] },
    }),
  );
  assert.equal(result.method, 'DNS-SD');
  assert.deepEqual(found(result), ['signal.udp 192.0.2.1 4646']);
});

test('a branch without an answer or an address is reported; the others are used', async () => {
  const records = [
    '1 1 s DOTS:signal.udp "" fails.example.net',
    '2 1 a DOTS:signal.udp "" none.example.net',
    '3 1 a DOTS:signal.udp "" a.example.net',
  ];
  const result = await discover('example.net', zone({ ...figure8, naptr: { 'example.net': records } }));
  assert.deepEqual(found(result), ['signal.udp 2001:db8::1 4646']);
  assert.equal(result.unanswered, 1);
  assert.deepEqual(result.problems, [
    'No answer for fails.example.net.',
    'fails.example.net has no SRV record that names a host.',
    'none.example.net has no address.',
  ]);
});

/** The profile of servers found by the records of `example.net`. */
async function profileFor(records: string[], own: string[]): Promise<ReturnType<typeof foundProfile>> {
  const addresses = { ...figure8.addresses, 'example.net': own };
  return foundProfile(
    await discover('example.net', zone({ ...figure8, naptr: { 'example.net': records }, addresses })),
  );
}

test('certificates are checked against the name that was looked up, never against one that the DNS chose', async () => {
  const records = ['1 1 s DOTS:signal.udp "" _dots-signal._udp.example.net', '2 1 a DOTS:data.tcp "" b.example.net'];
  const same = await profileFor(records, ['2001:db8::1']);
  const data = 'https://b.example.net';
  assert.deepEqual(same.file, {
    profiles: { 'example.net': { signal: 'coaps://example.net:5000', data, 'server-name': 'example.net' } },
  });
  assert.equal(same.notes.length, 1);
  assert.match(
    same.notes[0] ?? '',
    /^The data channel is at b\.example\.net, .*its certificate must be for example\.net/,
  );
  for (const own of [[], ['2001:db8::9'], ['2001:db8::1', '2001:db8::9']]) {
    const other = await profileFor(records, own);
    assert.deepEqual(other.file, {
      profiles: { 'example.net': { signal: 'coaps://a.example.net:5000', data, 'server-name': 'example.net' } },
    });
    assert.match(other.notes[0] ?? '', /^The signal channel is at a\.example\.net, /);
  }
});

test('one port for DTLS and TLS is an address without a scheme; a usual port is not written', async () => {
  const both = await profileFor(['1 1 a DOTS:signal.udp:signal.tcp:data.tcp "" example.net'], ['192.0.2.1']);
  assert.deepEqual(both, {
    file: { profiles: { 'example.net': { signal: 'example.net', data: 'https://example.net' } } },
    notes: [],
  });
  const tls = await profileFor(['1 1 a DOTS:signal.tcp "" example.net'], ['192.0.2.1']);
  assert.deepEqual(tls.file, { profiles: { 'example.net': { signal: 'coaps+tcp://example.net' } } });
  assert.deepEqual(tls.notes, ['No server of the data channel was found.']);
});
