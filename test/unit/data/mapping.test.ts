import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DataAnswer } from '#dots/data/answer';
import { Changes, type Requests } from '#dots/data/changes';
import { pathOf } from '#dots/data/resources';

const document = {
  'ietf-dots-mapping:vendor-mapping': {
    vendor: [{ 'vendor-id': 345, 'last-updated': '1629898958', 'attack-mapping': [] }],
  },
};

/** A server that answers with these statuses in turn, and what it was asked. */
function server(...statuses: number[]): { requests: Requests; asked: string[] } {
  const asked: string[] = [];
  const reply = (line: string): Promise<DataAnswer> => {
    asked.push(line);
    const status = statuses.shift() ?? 500;
    const request = { method: 'GET', path: '', octets: 0 } as const;
    return Promise.resolve({ status, ok: status < 300, errors: [], etag: '"1"', roundTripMs: 1, request });
  };
  return {
    asked,
    requests: {
      send: (method, path, { ifMatch } = {}) => reply([method, path, ifMatch ?? ''].join(' ').trim()),
      register: () => reply('register'),
    },
  };
}

const cases: [name: string, statuses: number[], asked: string[], outcome: [boolean, boolean, number]][] = [
  ['is created', [201], ['POST'], [false, false, 201]],
  ['is created once the client is registered', [404, 201, 201], ['POST', 'register', 'POST'], [true, false, 201]],
  [
    'is replaced as a whole where there is one, if it is still the same',
    [409, 200, 204],
    ['POST', 'GET own-vendor-mapping', 'PUT own-vendor-mapping "1"'],
    [false, true, 204],
  ],
  [
    'stays as it is where the conflict is another one',
    [409, 404],
    ['POST', 'GET own-vendor-mapping'],
    [false, false, 409],
  ],
  ['is refused where the client may not register', [404, 403], ['POST', 'register'], [false, false, 403]],
];
for (const [name, statuses, expected, outcome] of cases)
  test(`a vendor mapping ${name} (RFC 9244 section 8.1.6)`, async () => {
    const { requests, asked } = server(...statuses);
    const { registered, replaced, answer, changes } = await new Changes(requests).install(document);
    assert.deepEqual(asked, expected);
    assert.deepEqual([registered, replaced, answer.status, changes], [...outcome, []]);
  });

test('the mapping of the server and that of this client are different resources', () => {
  assert.equal(pathOf('c', 'vendor-mapping'), '/ietf-dots-mapping:vendor-mapping');
  assert.equal(pathOf('c', 'own-vendor-mapping'), '/dots-client=c/ietf-dots-mapping:vendor-mapping');
});
