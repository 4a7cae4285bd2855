import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DataAnswer } from '#dots/data/answer';
import { Changes, type Requests } from '#dots/data/changes';
import { documentWith } from '#dots/data/resources';
import type { JsonObject } from '#dots/model/json';

const [one, two, three] = ['one', 'two', 'three'].map((name) => ({ name, 'target-prefix': ['192.0.2.0/24'] }));
const document = documentWith(
  'aliases',
  [one, two, three].filter((each) => each !== undefined),
);

/** A server that has the first alias, and answers the PUT of each alias in its own way. */
function server(create: number, put: Record<string, () => number>): Requests {
  const answer = (status: number, body?: JsonObject): Promise<DataAnswer> => {
    const request = { method: 'GET', path: '', octets: 0 } as const;
    const all = { status, ok: status < 300, errors: [], roundTripMs: 1, request };
    return Promise.resolve(body === undefined ? all : { ...all, body });
  };
  return {
    register: () => answer(201),
    send: async (method, path) => {
      if (method === 'POST') return answer(create);
      if (method === 'GET') return answer(200, documentWith('aliases', [{ ...one }]));
      const name = Object.keys(put).find((each) => path.endsWith(`=${each}`)) ?? '';
      return answer(put[name]?.() ?? 500);
    },
  };
}

async function acceptedBy(requests: Requests): Promise<unknown[]> {
  const accepted: unknown[] = [];
  const note = (_: unknown, entries: JsonObject[]): void => void accepted.push(...entries.map(({ name }) => name));
  await new Changes(requests, undefined, note).install(document).catch(() => undefined);
  return accepted;
}

const cases: [name: string, requests: Requests, accepted: string[]][] = [
  ['all of a document that is created at once', server(201, {}), ['one', 'two', 'three']],
  ['nothing of a document that is refused as a whole', server(400, {}), []],
  ['what was replaced before one is refused', server(409, { one: () => 204, two: () => 400 }), ['one']],
  [
    'what was replaced before one has no answer',
    server(409, {
      one: () => 204,
      two: () => {
        throw new Error('silence');
      },
    }),
    ['one'],
  ],
];
for (const [name, requests, accepted] of cases)
  test(`reported as accepted: ${name}`, async () => assert.deepEqual(await acceptedBy(requests), accepted));
