import assert from 'node:assert/strict';
import { createLanguageService, type LocatedFinding } from '#service/service';

const service = createLanguageService();

type Found = [file: string, code: string, severity: string, pointer: string];

/** What was found: each finding in short, and whole. */
interface Judged {
  found: Found[];
  findings: { file: string; finding: LocatedFinding }[];
}

/** Judges documents together, as a workspace file wants it; without one they are just at hand. */
export function judge(
  documents: Record<string, object | string>,
  workspaceFile?: object,
  profilesFile: object = {},
): Judged {
  const workspace = service.workspace(service.parse(JSON.stringify(workspaceFile ?? {}), 'dots.workspace.json'));
  const profiles = service.profiles(service.parse(JSON.stringify(profilesFile), 'dots.profiles.json'));
  const parsed = Object.entries(documents).map(([file, value]) => ({
    file,
    document: service.parse(typeof value === 'string' ? value : JSON.stringify(value, null, 1), file),
  }));
  const entries = new Map(parsed.map(({ file, document }) => [file, service.index(document)]));
  const members = [...entries].map(([file, { facts, certain }]) => ({
    file,
    facts,
    certain,
    context: service.context(workspace, profiles, file),
  }));
  const faults = service.cross({ complete: workspaceFile !== undefined, members });
  assert.deepEqual(faults, service.cross({ complete: workspaceFile !== undefined, members: members.toReversed() }));
  const findings = parsed.flatMap(({ file, document }) =>
    service.locateCross(document, faults.get(file) ?? [], entries).map((finding) => ({ file, finding })),
  );
  for (const { finding } of findings)
    assert.ok(
      (finding.class === 'cross' && /^\d{4} \d/.test(finding.rfc) && finding.message.endsWith('.')) ||
        finding.message.endsWith('?'),
    );
  return {
    findings,
    found: findings.map(({ file, finding }) => [
      file,
      finding.code,
      finding.severity,
      finding.pointer.replace(/^\/[^/]+/, ''),
    ]),
  };
}

/* Documents with as much as a case needs. */

export const request = (scope: object): object => ({
  'ietf-dots-signal-channel:mitigation-scope': { scope: [{ lifetime: 3600, ...scope }] },
});

export const aliases = (...names: string[]): object => ({
  'ietf-dots-data-channel:aliases': { alias: names.map((name) => ({ name, 'target-prefix': ['192.0.2.1/32'] })) },
});

export const acl = (name: string, more: object = {}, matches: object = {}): object => ({
  name,
  type: 'ipv4-acl-type',
  aces: { ace: [{ name: `${name}-entry`, matches, actions: { forwarding: 'drop' } }] },
  ...more,
});

export const acls = (...list: object[]): object => ({ 'ietf-dots-data-channel:acls': { acl: list } });

export const switches = (name: string, activation = 'immediate'): object => ({
  'target-prefix': ['192.0.2.0/24'],
  'ietf-dots-signal-control:acl-list': [{ 'acl-name': name, 'activation-type': activation }],
});
