import assert from 'node:assert/strict';
import { test } from 'node:test';
import { check } from '#dots/check/check';

const withOptions = (octets: number): unknown => ({
  'ietf-dots-data-channel:acls': {
    acl: [
      {
        name: 'a',
        type: 'ipv4-acl-type',
        aces: {
          ace: [
            {
              name: 'r',
              matches: { tcp: { options: Buffer.alloc(octets).toString('base64') } },
              actions: { forwarding: 'drop' },
            },
          ],
        },
      },
    ],
  },
});

test('a length of binary counts octets: TCP options have 1 to 40', () => {
  for (let octets = 0; octets < 46; octets++) {
    const found = check(withOptions(octets)).faults.filter(({ class: of }) => of === 'yang');
    assert.deepEqual(
      found.map(({ code }) => code),
      octets >= 1 && octets <= 40 ? [] : ['yang/invalid-value'],
      `${octets} octets`,
    );
    if (octets === 0) assert.match(found[0]?.message ?? '', /base64 of 1 to 40 octets/);
  }
});
