import { policyOf, unlimitedRules } from '#dots/workspace/policy/policy';

/**
 * The policy of an orchestrator that was started without one: one node filters what every client asks for, and takes as
 * many rules as that needs.
 */
export const builtInPolicy = policyOf({
  links: [{ name: 'transit', capacity: 1_000_000_000_000 }],
  nodes: [{ name: 'edge', links: ['transit'], rules: unlimitedRules, 'install-seconds': 2 }],
  strategies: [{ name: 'filter', filter: ['edge'] }],
  quiet: { for: 1 },
});
