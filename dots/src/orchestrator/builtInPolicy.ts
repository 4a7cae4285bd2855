import type { Policy } from '#dots/workspace/policy/policy';

/**
 * The policy of an orchestrator that has no other: every client is a customer, and requests are filtered on one
 * forwarding node without a limit of rules.
 */
export const builtInPolicy: Policy = {
  clients: [],
  links: [{ name: 'uplink', capacity: 1_000_000_000_000 }],
  nodes: [{ name: 'edge', links: ['uplink'], rules: Number.MAX_SAFE_INTEGER, installSeconds: 2 }],
  dms: [],
  targets: [],
  strategies: [{ name: 'built in', when: {}, filter: ['edge'] }],
  quiet: { below: 0.1, for: 60 },
  traffic: [],
};
