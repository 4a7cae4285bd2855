import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { itemsOf, type JsonObject } from '#dots/model/json';
import { root } from '../shared';
import type { FindingExample } from './example';

const file = 'lab.orchestrator.json';
const lab = JSON.parse(readFileSync(join(root, 'examples/orchestrator', file), 'utf8')) as JsonObject;

/** The example of the package with another value at a path. */
function changed(path: string, value: unknown): FindingExample['files'] {
  const copy = structuredClone(lab);
  const tokens = path.split('/');
  const last = tokens.pop() ?? '';
  const holder = tokens.reduce<JsonObject>((at, token) => at[token] as JsonObject, copy);
  if (value === undefined) delete holder[last];
  else holder[last] = value as JsonObject;
  return { [file]: copy };
}

const profiles = {
  profiles: {
    live: { signal: 'coaps://dots.example.com', production: true },
    remote: { signal: 'coaps://dots.example.net' },
  },
};

/** Findings of policies of the orchestrator. */
export const policyExamples: readonly FindingExample[] = [
  {
    code: 'policy/delegation-circle',
    reason: 'A DMS that delegates to itself, over others, never filters.',
    files: changed('dms/1/delegates-to', 'scrubber-1'),
  },
  {
    code: 'policy/double-name',
    reason: 'A name that two entries have says nothing.',
    files: changed('links/1/name', 'transit-1'),
  },
  {
    code: 'policy/idle-dms',
    reason: 'No strategy uses the DMS, and no other DMS delegates to it.',
    files: changed('strategies', [{ name: 'filter', filter: ['edge-1', 'edge-2'] }]),
  },
  {
    code: 'policy/missing-member',
    reason: 'This way to divert or return traffic needs a further value.',
    files: changed('dms/0/divert', { by: 'flowspec-redirect' }),
  },
  {
    code: 'policy/mixed-families',
    reason: 'A packet has one address family.',
    files: changed('traffic/1/sources', { prefix: '2001:db8:2::/48', count: 40 }),
  },
  {
    code: 'policy/offload-without-client',
    reason: 'A DMS asks for offload as a DOTS client of the orchestrator.',
    files: changed('clients/2', { name: 'scrubber-2' }),
  },
  {
    code: 'policy/overlapping-prefixes',
    reason: 'A customer can have traffic to its own prefixes filtered.',
    files: changed('clients/1', { name: 'web-2', 'own-prefixes': ['192.0.2.0/25'] }),
  },
  {
    code: 'policy/port-range',
    reason: 'Ports are from 0 to 65535, the lower one first.',
    files: changed('traffic/1/source-port', '2000-1000'),
  },
  {
    code: 'policy/production-profile',
    reason: 'Simulated attacks never reach a production server.',
    files: changed('dms/0/server', 'profile live'),
    profiles,
  },
  {
    code: 'policy/remote-profile',
    reason: 'Simulated attacks never leave this machine.',
    files: changed('dms/0/server', 'profile remote'),
    profiles,
  },
  {
    code: 'policy/uncarried-prefix',
    reason: 'A DMS can only take traffic to prefixes that it carries.',
    files: changed('dms', [{ ...(itemsOf(lab.dms)[1] as JsonObject), carries: ['192.0.2.0/24'] }]),
  },
  {
    code: 'policy/undefined-name',
    reason: 'A policy names links, forwarding nodes and DMSs that it defines.',
    files: changed('dms/0/delegates-to', 'provider-c'),
  },
  {
    code: 'policy/unknown-profile',
    reason: 'The server of a DMS is a profile of the user.',
    files: changed('dms/0/server', 'profile remot'),
    profiles,
  },
  {
    code: 'policy/unreachable-strategy',
    reason: 'The first strategy whose conditions are met is used.',
    files: changed('strategies/0/when/role', ['administrator']),
  },
  {
    code: 'policy/unsorted-points',
    reason: 'The points of a rate are in the order of their seconds.',
    files: changed('traffic/1/rate', [
      [60, 3000000000],
      [30, 0],
    ]),
  },
];
