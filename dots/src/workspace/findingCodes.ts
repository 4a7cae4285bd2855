import type { FindingClass } from '#dots/model/finding';

/** Every finding that a document can have, by class; a workspace file can set their severity. */
const names: Readonly<Record<FindingClass, string>> = {
  json:
    'byte-order-mark comma-missing comment config-duplicate config-member config-missing config-value duplicate-member empty encoding forbidden-name lone-surrogate ' +
    'not-an-object number-too-large syntax too-deep too-long too-many-entries too-many-faults trailing-comma unknown-document',
  yang: 'bare-identity choice double-entry invalid-value missing-member must not-allowed-here not-wire-form unknown-member wrong-type',
  rfc:
    'acl-in-efficacy-update acl-in-idle-time acl-type all-pipes-zero bitmask-and-flags bitmask-range bounds-reversed call-home-target call-home-trigger ' +
    'client-cdid config-empty cuid-collision-detail destination-missing df-in-ipv6 empty-value forbidden-prefix fragment-and-flags fragment-type-empty ' +
    'lifetime-missing lifetime-zero match-and-any max-payloads-differ no-reject one-client one-scope one-setup-kind one-unit-per-class ' +
    'outside-bounds percentile-range protocol-conflict random-factor rate-limit-negative read-only-member receive-timeout redirect-both redirect-missing redirect-name sample-interval scope-missing server-only-member ' +
    'setup-empty target-fqdn target-missing target-uri telemetry-empty telemetry-outside-update',
  cross:
    'ace-for-acl deleted-request deletes-request described-attack double-mid efficacy-differs foreign-target idle-acl ' +
    'ignored-workspace-file late-mid missing-policy names-must-resolve no-target-uri not-offered overlapping-requests source-prefix-required unknown-acl unknown-alias unknown-profile ' +
    'unmapped-attack unread-documents unused-alias',
  policy:
    'delegation-circle double-name idle-dms missing-member mixed-families offload-without-client overlapping-prefixes port-range ' +
    'production-profile remote-profile uncarried-prefix undefined-name unknown-profile unreachable-strategy unsorted-points',
  advice:
    'amplifier-not-udp attack-times datagram-size heartbeat-interval host-bits icmp-family judged-as-answer many-sources mapped-prefix no-missing-heartbeat ports-without-protocol prepare-in-peacetime probing-rate rate-limit-zero ' +
    'reflection-target-ports resolved-target short-lifetime short-timeout unit-scale wide-target',
};

/** The codes of all findings, such as `advice/host-bits`. */
export const findingCodes: readonly string[] = Object.entries(names).flatMap(([of, list]) =>
  list.split(' ').map((name) => `${of}/${name}`),
);
