import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rootIn } from '#dots/data/root';

const origin = 'https://192.0.2.1:4443';
const link = (attributes: string): string => `<XRD xmlns="x"><Link rel="x" href="/x"/><Link ${attributes}/></XRD>`;

const roots: [name: string, hostMeta: string, root: string][] = [
  ['a path', link('rel="restconf" href="/top/restconf"'), '/top/restconf'],
  ['a path with a slash at its end', link("href='/restconf/' rel='restconf'"), '/restconf'],
  ['an absolute link', link(`rel="restconf" href="${origin}/v1/restconf"`), '/v1/restconf'],
  ['an absolute link in another spelling', link('rel="restconf" href="HTTPS://192.0.2.1:4443/v1"'), '/v1'],
  ['a link without a scheme', link('rel="restconf" href="//192.0.2.1:4443/v1"'), '/v1'],
  ['a link to the root of the server', link(`rel="restconf" href="${origin}"`), ''],
  ['a link with an element end', link('rel="restconf" href="/r"></Link'), '/r'],
  ['attributes on several lines', link('\n  rel = "restconf"\n  href = "/r"'), '/r'],
  ['only other links', '<XRD><Link rel="lrdd" href="/x"/></XRD>', '/restconf'],
  ['a link without a target', link('rel="restconf"'), '/restconf'],
  ['a link in a comment', `<!-- ${link('rel="restconf" href="/old"')} -->`, '/restconf'],
  ['no XML', '404 page not found', '/restconf'],
  ['nothing', '', '/restconf'],
];

for (const [name, hostMeta, root] of roots)
  test(`${name}: RESTCONF begins at "${root}"`, () => assert.equal(rootIn(hostMeta, origin), root));

test('the port that https has anyway makes no other origin', () => {
  assert.equal(rootIn(link('rel="restconf" href="https://192.0.2.1/r"'), 'https://192.0.2.1:443'), '/r');
});

const elsewhere = [
  'https://198.51.100.1:4443/restconf',
  'https://192.0.2.1/restconf',
  'http://192.0.2.1:4443/restconf',
  '//198.51.100.1/restconf',
  'https://192.0.2.1:4443@198.51.100.1/restconf',
  'javascript:0',
];

for (const href of elsewhere)
  test(`${href} is refused: its certificate was not checked`, () => {
    assert.throws(() => rootIn(link(`rel="restconf" href="${href}"`), origin), {
      kind: 'malformed',
      code: 'data/other-origin',
      message: /^https:\/\/192\.0\.2\.1:4443 says that its data channel is at another origin, \S+: nothing was sent/,
    });
  });

test('an answer of any length is read in bounded time', () => {
  assert.equal(rootIn('<!--<Link '.repeat(800_000), origin), '/restconf');
});
