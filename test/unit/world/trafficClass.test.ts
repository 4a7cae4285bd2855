import assert from 'node:assert/strict';
import { test } from 'node:test';
import { vectorNames, vectorOf } from '#dots/model/attackVectors';
import { covers, hostPrefix, parsePrefix } from '#dots/model/prefix';
import { trafficFor, vectorsOf } from '#dots/world/attack';
import { drawSamples, sampleCount } from '#dots/world/samples';
import { divide, mostBits, passing } from '#dots/world/shares';
import type { TrafficClass } from '#dots/model/trafficClass';
import { completeClass, rateAt } from '#dots/world/trafficClass';

const dns: TrafficClass = { name: 'dns', kind: 'attack', vector: 'dns-amplification', to: '192.0.2.10', rate: 1 };
const packetsOf = (written: Partial<TrafficClass>, seed = 1) =>
  drawSamples(seed, completeClass({ ...dns, ...written }));

test('each vector fills in what its packets look like, in both families', () => {
  for (const vector of vectorNames)
    for (const to of ['192.0.2.10', '2001:db8::10']) {
      const { protocol, sourcePort, destinationPort, length } = vectorOf(vector);
      for (const packet of packetsOf({ vector, to })) {
        assert.equal(packet.protocol, protocol === 'icmp' ? (to.includes(':') ? 58 : 1) : protocol, vector);
        assert.equal(packet.sourcePort, sourcePort ?? packet.sourcePort, vector);
        assert.equal(packet.destinationPort, destinationPort ?? packet.destinationPort, vector);
        assert.equal(packet.length, length);
      }
    }
});

test('members of a class come before those of its vector', () => {
  const packets = packetsOf({ destinationPort: [80, 80], length: 99, sources: { prefix: '203.0.113.0/28', count: 3 } });
  for (const { destinationPort, length, source } of packets) {
    assert.deepEqual([destinationPort, length], [80, 99]);
    assert.ok(covers(parsePrefix('203.0.113.0/28') ?? assert.fail(), hostPrefix(source)));
  }
});

test('each source occurs while the samples suffice, and the seed decides all', () => {
  const sourcesOf = (count: number, prefix = '198.51.100.0/24', seed = 1): Set<string> =>
    new Set(packetsOf({ sources: { prefix, count } }, seed).map(({ source }) => source.join('.')));
  for (const count of [1, 2, 3, 200, 256]) assert.equal(sourcesOf(count).size, count);
  assert.equal(sourcesOf(100_000, '2001:db8::/32').size, sampleCount);
  assert.equal(sourcesOf(100, '198.51.100.0/30').size, 4, 'no more than the prefix has');
  assert.deepEqual(sourcesOf(50), sourcesOf(50));
  assert.notDeepEqual(sourcesOf(50), sourcesOf(50, undefined, 2));
});

test('fragments have their share, spread over the sources', () => {
  const packets = packetsOf({ fragments: 0.25, sources: { prefix: '198.51.100.0/24', count: 2 } });
  const fragments = packets.filter(({ fragment }) => fragment === 'middle');
  assert.equal(fragments.length, sampleCount / 4);
});

test('a rate is a number, or a line through points: nothing before the first, the last one after it', () => {
  const points = [
    [2, 100],
    [4, 300],
    [4.5, 0],
    [6, 70],
  ] as const;
  const at = [0, 1, 2, 3, 4, 5, 6, 7, 1000].map((second) => rateAt(points, second));
  assert.deepEqual(at, [0, 0, 100, 200, 300, 23, 70, 70, 70]);
  assert.equal(rateAt(5, 9), 5);
  assert.equal(rateAt([], 9), 0);
});

test('parts are whole and add up, at the largest rate too', () => {
  for (const bits of [0, 1, 7, 999_999_937, mostBits])
    for (const weights of [[1], [1, 1, 1], [256, 1, 0], [0.7, 0.1, 0.2], Array.from({ length: 256 }, () => 1)]) {
      const parts = divide(bits, weights);
      assert.equal(
        parts.reduce((sum, part) => sum + part, 0),
        bits,
      );
      assert.ok(parts.every((part) => Number.isInteger(part) && part >= 0));
    }
  for (const share of [0, 0.1, 1 / 3, 0.999_999_999_999_9]) {
    const amounts = [1, 0, 1, 7, 999_999_937, mostBits];
    for (const [index, part] of passing(amounts, share).entries())
      assert.ok(Number.isInteger(part) && part >= 0 && part <= (amounts[index] ?? 0), `${share}: ${part}`);
  }
});

test('a mitigation without traffic of its own meets the attack that its request describes', () => {
  const none = { protocols: [], sourcePorts: [], destinationPorts: [], vectors: [] };
  const cases: [object, string[]][] = [
    [{}, ['syn-flood']],
    [{ protocols: [6] }, ['syn-flood']],
    [{ protocols: [17] }, ['udp-flood']],
    [{ protocols: [1] }, ['icmp-flood']],
    [{ protocols: [6, 17] }, ['syn-flood', 'udp-flood']],
    [{ protocols: [17], sourcePorts: [[53, 53]] }, ['dns-amplification']],
    [
      { protocols: [17], sourcePorts: [[19, 123]] },
      ['dns-amplification', 'ntp-amplification', 'chargen-amplification'],
    ],
    [{ protocols: [6], sourcePorts: [[19, 19]] }, []],
    [{ protocols: [17], sourcePorts: [[20, 20]] }, []],
    [{ vectors: ['ack-flood'], protocols: [17] }, ['ack-flood']],
    [{ protocols: [132] }, []],
  ];
  for (const [given, expected] of cases)
    assert.deepEqual(vectorsOf({ ...none, ...given }), expected, JSON.stringify(given));
  const traffic = trafficFor({ ...none, name: 'web-1', targets: ['192.0.2.1/32', '192.0.2.2/32'] });
  assert.deepEqual(
    traffic.map(({ kind, to }) => [kind, to]),
    [
      ['legitimate', '192.0.2.1/32'],
      ['attack', '192.0.2.1/32'],
      ['legitimate', '192.0.2.2/32'],
      ['attack', '192.0.2.2/32'],
    ],
  );
});
