import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test, type TestContext } from 'node:test';
import { encodeDocument } from '#dots/cbor/codec';
import type { Message } from '#dots/coap/messages/message';
import { blockOf, blockOption, dotsCbor, option } from '#dots/coap/messages/options';
import { dots, request, startDots } from '../support/dots';
import { peer, type Peer } from '../support/coapPeer';
import { root } from '../support/shared';

interface Sent {
  status: number | null;
  out: string;
  err: string;
}

/** Runs `dots send` while the peer in this process answers. */
async function send(t: TestContext, { server }: Peer, document: string, ...more: string[]): Promise<Sent> {
  const words = ['send', '-', '--server', server, '--cuid', 'dz6pHjaADkaFTbjr0JGBpw', '--mid', '1', ...more];
  const child = startDots(t, words);
  child.stdin.end(document);
  const ended = once(child, 'exit') as Promise<[number | null]>;
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { status: (await ended)[0], out, err };
}

const prefixes = (count: number): string => Array.from({ length: count }, (_, n) => `"192.0.2.${n}/32"`).join();
/** A mitigation request of more than one datagram. */
const large = request.replace('"192.0.2.0/24"', prefixes(120));
const document = { 'ietf-dots-signal-channel:mitigation-scope': { scope: [{ mid: 1, lifetime: 1800 }] } };

/** A server that takes bodies in blocks of at most this size, and names it in its refusal of larger ones. */
function inBlocksOf(size: number): (message: Message) => Partial<Message> {
  return ({ options, payload }) => {
    const block = blockOf(options, 'Block1');
    const named = [blockOption('Block1', { number: 0, more: false, size }), option('Size1', 16_384)];
    if (payload.length > size) return { code: '4.13', options: named };
    if (typeof block !== 'object') return { code: '2.04' };
    return { code: block.more ? '2.31' : '2.04', options: [blockOption('Block1', block)] };
  };
}

test('an answer that does not follow the RFC: what can be read is printed, what is left out is named, in words and as JSON', async (t) => {
  // {1: {2: [{5: 1, 14: 1800, 16: 99, 15: null, 100: 1}]}}
  const payload = Buffer.from('a101a10281a50501' + '0e190708' + '101863' + '0ff6' + '186401', 'hex');
  const lax = await peer(t, ({ options }) => ({
    code: '2.01',
    options: [...options.filter(({ number }) => number === 11), option('Content-Format', dotsCbor)],
    payload,
  }));
  const { status, out } = await send(t, lax, request);
  assert.equal(status, 0);
  for (const line of [
    /^Granted lifetime: 1800 s/m,
    /^The answer repeats options of the request, which are ignored: Uri-Path\.$/m,
    /^Left out: The value in \/.*\/scope\/0\/status is the integer 99, at offset 13\.$/m,
    /^Left out: The value in \/.*\/mitigation-start is null, at offset 16\.$/m,
    /^Left out: The comprehension-required key 100 is not known/m,
    /"mid": 1,\n/,
  ])
    assert.match(out, line);
  const report = JSON.parse((await send(t, lax, request, '--format', 'json')).out) as Record<string, unknown>;
  assert.deepEqual([report.body, report.grantedLifetime, report.diagnostic], [document, 1800, null]);
  assert.equal((report.notes as string[]).length, 4);
});

test('a body that is cut off is printed up to there', async (t) => {
  const payload = Buffer.from('a101a10281a205010e', 'hex');
  const cutting = await peer(t, () => ({ code: '2.01', options: [option('Content-Format', dotsCbor)], payload }));
  const { status, out } = await send(t, cutting, request);
  assert.equal(status, 0);
  assert.match(
    out,
    /^The body of the answer was read in part: The data ends where a data item is expected, at offset 9\.$/m,
  );
  assert.match(out, /"mid": 1/);
  assert.doesNotMatch(out, /The server says|speaks DOTS/);
});

test('the lifetime of another mid is reported as that, not as granted', async (t) => {
  const payload = encodeDocument({
    'ietf-dots-signal-channel:mitigation-scope': { scope: [{ mid: 65_535, lifetime: 3600 }] },
  });
  const other = await peer(t, () => ({ code: '2.01', options: [option('Content-Format', dotsCbor)], payload }));
  const { out } = await send(t, other, request);
  assert.match(out, /^The answer is for mid 65535 \(lifetime 3600 s\), and the request was for mid 1\.$/m);
  assert.doesNotMatch(out, /Granted lifetime/);
  const report = JSON.parse((await send(t, other, request, '--format', 'json')).out) as Record<string, unknown>;
  assert.deepEqual([report.ok, report.grantedLifetime], [true, null]);
});

test('a granted lifetime of 0 is reported: nothing runs', async (t) => {
  const payload = encodeDocument({ 'ietf-dots-signal-channel:mitigation-scope': { scope: [{ mid: 1, lifetime: 0 }] } });
  const zero = await peer(t, () => ({ code: '2.01', options: [option('Content-Format', dotsCbor)], payload }));
  const { out } = await send(t, zero, request);
  assert.match(out, /^The server granted a lifetime of 0 s: mid 1 is not running\./m);
  assert.doesNotMatch(out, /^Next:/m);
});

test('a mitigation request larger than a datagram is not sent, and the message has the octets and what would help', async (t) => {
  const taking = await peer(t, inBlocksOf(1024));
  const { status, out, err } = await send(t, taking, large);
  assert.deepEqual([status, out, taking.received], [2, '', []]);
  const octets = encodeDocument(JSON.parse(large) as typeof document).length;
  assert.match(
    err,
    new RegExp(`The request has ${octets} octets of body, about \\d+ .* one datagram takes \\d+ at most`),
  );
  assert.match(err, /RFC 9132 section 7\.3 .*Split the targets .* alias .*--blocks sends it in blocks all the same\./);
  const json = JSON.parse((await send(t, taking, large, '--format', 'json')).out) as Record<string, unknown>;
  assert.deepEqual([json.sent, (json.error as { code: string }).code], [false, 'signal/needs-blocks']);
  assert.equal(taking.received.length, 0);
});

test('with --blocks it is sent in blocks, with a word that this fails on a full link', async (t) => {
  const taking = await peer(t, inBlocksOf(1024));
  const { status, out } = await send(t, taking, large, '--blocks');
  assert.equal(status, 0);
  assert.match(out, /^The request was sent in 2 blocks\. .*fails on a full link.*RFC 9132 section 7\.3/m);
  const json = JSON.parse((await send(t, taking, large, '--blocks', '--format', 'json')).out) as {
    request: { blocks: number };
  };
  assert.equal(json.request.blocks, 2);
});

test('a smaller block size that a refusal names is used with --blocks, and reported without it', async (t) => {
  const small = await peer(t, inBlocksOf(64));
  const document = request.replace('"192.0.2.0/24"', prefixes(40));
  const refused = await send(t, small, document);
  assert.deepEqual([refused.status, small.received.length], [1, 1]);
  assert.match(refused.out, /^The server accepts bodies of at most 16384 octets, in blocks of 64 octets/m);
  const accepted = await send(t, small, document, '--blocks');
  assert.equal(accepted.status, 0);
  assert.match(accepted.out, /^The request was sent in \d+ blocks\./m);
});

const telemetry = readFileSync(join(root, 'examples/telemetry.dots.json'), 'utf8');

test('telemetry larger than a datagram goes in blocks, with a word that this fails on a full link', async (t) => {
  const bulky = telemetry.replace(/"target-prefix": \[[^\]]*\]/, `"target-prefix": [${prefixes(120)}]`);
  const taking = await peer(t, inBlocksOf(1024));
  const { status, out } = await send(t, taking, bulky);
  assert.equal(status, 0);
  assert.match(out, /^The request was sent in 2 blocks\. .*fails on a full link.*RFC 9244 section 4\.2/m);
  const full = await peer(t, () => undefined);
  const silent = await send(t, full, bulky, '--timeout', '1');
  assert.equal(silent.status, 3);
  assert.match(silent.err, /did not answer.*fails on a full link.*RFC 9244 section 4\.2/);
});

test('decode refuses what a server has to refuse, says that --lenient reads the rest, and that does', () => {
  // {1: {2: [{5: 1, 14: null}]}}
  const hex = 'a101a10281a205010ef6';
  const strict = dots(['decode', '--hex', hex]);
  assert.deepEqual([strict.status, strict.out], [1, '']);
  assert.match(strict.err, /lifetime is null, at offset 9\. .*--lenient leaves out what does not follow the RFC/);
  const lenient = dots(['decode', '--lenient', '--hex', hex]);
  assert.deepEqual(
    [lenient.status, JSON.parse(lenient.out)],
    [0, { 'ietf-dots-signal-channel:mitigation-scope': { scope: [{ mid: 1 }] } }],
  );
  assert.match(lenient.err, /^dots decode: Left out: The value in .*\/lifetime is null, at offset 9\.\n$/);
  const cut = dots(['decode', '--lenient', '--hex', hex.slice(0, -2)]);
  assert.equal(cut.status, 0);
  assert.match(cut.err, /^dots decode: Read in part: The data ends where/);
});

test('decode does not name --lenient where that reads nothing either', () => {
  for (const hex of ['f6', 'a1', 'a1186402', 'a101f6', 'ff']) {
    const { status, err } = dots(['decode', '--hex', hex]);
    assert.equal(status, 1);
    assert.doesNotMatch(err, /--lenient/);
  }
  assert.equal(dots(['decode', '--lenient', '--hex', 'a1']).status, 1);
});
