import assert from 'node:assert/strict';
import { test } from 'node:test';
import { saysExtended } from '#dots/transport/tls/extendedSecret';

/** An element of DER with up to 127 octets of content. */
const element = (tag: number, ...content: number[]): number[] => [tag, content.length, ...content];
const session = (...fields: number[][]): Buffer => Buffer.from(element(0x30, ...element(2, 1), ...fields.flat()));

test('a session of OpenSSL says it in its flags, one of BoringSSL in a field of its own', () => {
  const flags = (...octets: number[]): number[] => element(0xad, ...element(2, ...octets));
  const own = (octet: number): number[] => element(0xb1, ...element(1, octet));
  for (const yes of [[flags(1)], [flags(1, 1)], [element(0xa1, 2, 1, 9), flags(5)], [own(0xff)]])
    assert.equal(saysExtended(session(...yes)), true, JSON.stringify(yes));
  for (const no of [
    [],
    [flags(2)],
    [flags(1, 0)],
    [own(0)],
    // [13] of BoringSSL is a hash of the certificate, [17] of OpenSSL the length of fragments.
    [element(0xad, ...element(4, 1))],
    [element(0xb1, ...element(2, 1))],
    [element(0xad)],
    [[0xad, 3, 2, 1]],
    [[0xad, 0x85, 1, 1, 1, 1, 1]],
  ])
    assert.equal(saysExtended(session(...no)), false, JSON.stringify(no));
  assert.equal(saysExtended(Buffer.alloc(0)), false);
});
