import { explainNlri } from '#dots/flowspec/bgp/explain';
import type { RuleChanges } from '#dots/flowspec/bgp/compare';
import type { FlowspecFinding, FlowspecRule, Translation } from '#dots/flowspec/translate';
import type { LocatedFinding } from '#service/service';
import { findingJson } from '../findings';

/** A finding at its place in a file. */
export type Placed = LocatedFinding & { file: string };

/** A finding in a file, as `--format json` prints it. */
export const placedJson = ({ file, ...finding }: Placed): object => ({ file, ...findingJson(finding) });

/** A finding on rules in force, whose documents are not files: no place has a range. */
export const findingOnly = ({ file, code, class: of, severity, message, rfc, pointer }: FlowspecFinding): object => ({
  file,
  ...findingJson({ code, class: of, severity, message, rfc, pointer, range: null }),
});

/** Rules as `dots flowspec --format json` prints them; of rules in force, the counts are unknown. */
export function rulesJson(
  {
    rules,
    findings,
    equivalence,
    counts,
  }: Pick<Translation, 'rules' | 'equivalence'> & { findings: object[] } & Partial<Pick<Translation, 'counts'>>,
  explain = false,
): object {
  return {
    version: 1,
    rules: rules.map((rule) => ruleJson(rule, explain)),
    findings,
    equivalence: { witness: null, reason: null, ...equivalence },
    counts: counts ?? null,
  };
}

/** Two sets of rules as `dots flowspec --compare --format json` prints them. */
export function changesJson({ added, removed, changed, same }: RuleChanges, findings: object[]): object {
  return {
    version: 1,
    added: added.map((rule) => ruleJson(rule)),
    removed: removed.map((rule) => ruleJson(rule)),
    changed: changed.map(({ before, after }) => ({ before: ruleJson(before), after: ruleJson(after) })),
    same,
    findings,
  };
}

/** An NLRI as `dots flowspec --decode` prints it. */
export const decodedJson = (
  { family, components, text, nlri }: Pick<FlowspecRule, 'family' | 'components' | 'text' | 'nlri'>,
  explain: boolean,
): object => ({ version: 1, family, components, text, explained: explain ? explainNlri(nlri, family) : null });

function ruleJson(rule: FlowspecRule, explain = false): object {
  const { family, nlri, extendedCommunities, ipv6ExtendedCommunities = null } = rule;
  const { text, source, components, actions } = rule;
  const explained = explain ? explainNlri(nlri, family) : null;
  return {
    family,
    nlri,
    extendedCommunities,
    ipv6ExtendedCommunities,
    text,
    source,
    components,
    actions,
    explained,
  };
}
