import assert from 'node:assert/strict';
import { test } from 'node:test';
import { listenError } from '#dots/transport/listening';

const words: [code: string, port: number, message: RegExp][] = [
  ['EADDRINUSE', 4646, /UDP port 4646 of 192\.0\.2\.1 is already in use/],
  ['EACCES', 80, /192\.0\.2\.1:80: this user may not listen there/],
  ['EADDRNOTAVAIL', 4646, /192\.0\.2\.1:4646: this machine does not have that address/],
  ['EMFILE', 4646, /192\.0\.2\.1:4646: EMFILE/],
];

for (const [code, port, message] of words) {
  test(`why nothing can listen at an address, in words: ${code}`, () => {
    const error = listenError('UDP', { host: '192.0.2.1', port }, Object.assign(new Error(code), { code }));
    assert.match(error.message, message);
    assert.equal(error.kind, 'usage');
  });
}
