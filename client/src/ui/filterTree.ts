import { printable } from '#dots/model/text';
import { duration, plural } from '#dots/words/quantities';
import { mockName } from '#dots/workspace/fileNames';
import type { AliasView, FilterView } from '#dots/orchestrator/orchestrator';
import { lined } from './textLayout';
import type { TreeNode } from './treeNode';

interface Look {
  description: string;
  sentence: string;
  icon: string;
  color?: string;
}

const looks: Record<FilterView['activationType'], { active: Look; idle: Look }> = {
  'activate-when-mitigating': {
    active: {
      description: 'ACL, active',
      sentence: 'This ACL is active, because a mitigation of this client is in force.',
      icon: 'filter-filled',
      color: 'charts.green',
    },
    idle: {
      description: 'ACL, standby',
      sentence: 'This ACL becomes active when a mitigation of this client is in force.',
      icon: 'filter',
    },
  },
  immediate: {
    active: {
      description: 'ACL, active',
      sentence: 'This ACL is always active.',
      icon: 'filter-filled',
      color: 'charts.green',
    },
    idle: { description: 'ACL, off', sentence: 'This ACL is not active.', icon: 'circle-slash' },
  },
  deactivate: {
    active: {
      description: 'ACL, active',
      sentence: 'This ACL is active.',
      icon: 'filter-filled',
      color: 'charts.green',
    },
    idle: {
      description: 'ACL, off',
      sentence: 'This ACL is deactivated; a mitigation request can activate it (RFC 9133).',
      icon: 'circle-slash',
    },
  },
};

/** The ACLs that a server stores, each with its activation in words. */
export function filterNodes(filters: readonly FilterView[]): TreeNode[] {
  return filters.map(({ cuid, name, activationType, active, pendingLifetime, acl }) => {
    const look = looks[activationType][active ? 'active' : 'idle'];
    return {
      id: `acl/${cuid}/${name}`,
      role: 'acl',
      entry: { container: 'acls', name, cuid, session: mockName },
      opens: 'dots.openEntry',
      label: printable(name),
      description: look.description,
      icon: look.icon,
      ...(look.color === undefined ? {} : { color: look.color }),
      tooltip: lined(
        look.sentence,
        `activation-type: ${activationType}`,
        plural(entries(acl.aces, 'ace'), 'ACE'),
        `Kept for ${duration(60 * pendingLifetime)} without a refresh`,
        `cuid: ${cuid}`,
      ),
      children: [],
    };
  });
}

/** The aliases that a server stores, each with its targets. */
export function aliasNodes(aliases: readonly AliasView[]): TreeNode[] {
  return aliases.map(({ cuid, name, pendingLifetime, alias }) => {
    const targets = ['target-prefix', 'target-fqdn', 'target-uri']
      .flatMap((member) => (Array.isArray(alias[member]) ? alias[member] : []))
      .map(String);
    return {
      id: `alias/${cuid}/${name}`,
      role: 'alias',
      entry: { container: 'aliases', name, cuid, session: mockName },
      opens: 'dots.openEntry',
      label: printable(name),
      description: printable(
        `alias of ${targets[0] ?? 'nothing'}${targets.length > 1 ? ` +${targets.length - 1}` : ''}`,
      ),
      icon: 'tag',
      tooltip: lined(
        `Mitigation requests of this client can name it: "alias-name": [${JSON.stringify(name)}]`,
        `Targets: ${targets.join(', ')}`,
        `Kept for ${duration(60 * pendingLifetime)} without a refresh`,
        `cuid: ${cuid}`,
      ),
      children: [],
    };
  });
}

function entries(holder: unknown, list: string): number {
  const found = typeof holder === 'object' && holder !== null ? (holder as Record<string, unknown>)[list] : undefined;
  return Array.isArray(found) ? found.length : 0;
}
