import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeDocument } from '#dots/cbor/codec';
import { dotsCbor, option } from '#dots/coap/messages/options';
import { ace, acl } from '../../support/protocol/dataScene';
import { rawData } from '../../support/protocol/rawData';
import { bareClient, put, textOf } from '../../support/protocol/bareClient';
import { protect, startOrchestrator } from '../../support/protocol/scene';

const body = encodeDocument(protect('192.0.2.0/24'));

/** Texts that YANG forbids (RFC 7950 section 9.4), as they are shown. */
const forbidden: readonly (readonly [string, string])[] = [
  ['a\u001b[2Jb', 'a\\u001b[2Jb'],
  ['a\u0000', 'a\\u0000'],
  ['\ufdd0', '\ufdd0'],
  ['\u{1ffff}', '\u{1ffff}'],
];

test('a cuid with characters that YANG forbids is refused on the signal channel, and shown with escapes', async (t) => {
  const log: string[] = [];
  const orchestrator = await startOrchestrator(t, { log: (line) => log.push(line) });
  const ask = await bareClient(t, orchestrator.signal);
  for (const [name, shown] of forbidden) {
    const answer = await ask(put(['mitigate', `cuid=${name}`, 'mid=1'], body));
    assert.equal(answer.code, '4.00');
    assert.ok(textOf(answer).includes(`The cuid "${shown}" contains a character`), textOf(answer));
  }
  assert.ok(log.every((line) => !/\p{Cc}/u.test(line)));
  assert.deepEqual(orchestrator.mitigations(), []);
});

test('a path that is not UTF-8 is refused: different cuids do not become one', async (t) => {
  const orchestrator = await startOrchestrator(t);
  const ask = await bareClient(t, orchestrator.signal);
  for (const octets of ['ff', 'fe', 'c0af', 'eda080', 'f4908080']) {
    const cuid = Buffer.concat([Buffer.from('cuid='), Buffer.from(octets, 'hex')]);
    const options = [option('Uri-Path', cuid), option('Uri-Path', 'mid=1')];
    const answer = await ask({ method: 'PUT', path: ['mitigate'], options, payload: body, contentFormat: dotsCbor });
    assert.equal(answer.code, '4.02', octets);
    assert.match(textOf(answer), /critical option 11 is unknown or malformed/);
  }
  const query = await ask({ path: ['mitigate', 'cuid=c'], options: [option('Uri-Query', Buffer.from('ff', 'hex'))] });
  assert.equal(query.code, '4.02');
  assert.deepEqual(orchestrator.mitigations(), []);
});

test('names with characters that YANG forbids are refused on the data channel, in bodies and in paths', async (t) => {
  const orchestrator = await startOrchestrator(t);
  const send = rawData(t, orchestrator);
  const member = (name: string): string => `ietf-dots-data-channel:${name}`;
  const client = (cuid: string): string => JSON.stringify({ [member('dots-client')]: [{ cuid }] });
  assert.equal((await send('POST', '', client('c'))).status, 201);
  const refused = { status: 400, tag: 'invalid-value' };
  for (const [name] of forbidden) {
    const key = encodeURIComponent(name);
    const documents: [string, string, string?][] = [
      ['POST', '', client(name)],
      ['PUT', `/dots-client=${key}`, client(name)],
      ['GET', `/dots-client=${key}`],
      [
        'POST',
        '/dots-client=c',
        JSON.stringify({ [member('aliases')]: { alias: [{ name, 'target-prefix': ['192.0.2.1/32'] }] } }),
      ],
      ['POST', '/dots-client=c', JSON.stringify({ [member('acls')]: { acl: [acl(name, ace('a', 53))] } })],
      ['POST', '/dots-client=c', JSON.stringify({ [member('acls')]: { acl: [acl('a', ace(name, 53))] } })],
      ['DELETE', `/dots-client=c/acls/acl=${key}`],
      ['DELETE', `/dots-client=c/acls/acl=a/aces/ace=${key}`],
      ['DELETE', `/dots-client=c/aliases/alias=${key}`],
    ];
    for (const each of documents) {
      const { status, tag } = await send(...each);
      assert.deepEqual({ status, tag }, refused, each.join(' '));
    }
  }
  const half = client('x').replace('"x"', '"\\ud800"');
  assert.equal((await send('POST', '', half)).tag, 'malformed-message');
  assert.equal((await send('POST', '', client('x').replace('"x"', '"\\\\ud800"'))).status, 201, 'an escaped backslash');
  assert.equal((await send('GET', '/dots-client=%ff')).status, 400);
  assert.deepEqual([orchestrator.filters(), orchestrator.aliases()], [[], []]);
});
