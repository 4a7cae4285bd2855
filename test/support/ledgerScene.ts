import type { JsonObject } from '#dots/model/json';
import type { NewRequest } from '#dots/signal/ledger';

/** A mitigation request for one name. */
export const documentFor = (name: string, more: JsonObject = {}): JsonObject => ({
  'ietf-dots-signal-channel:mitigation-scope': { scope: [{ 'target-fqdn': [name], lifetime: 3600, ...more }] },
});

/** The same as the ledger is asked to enter it. */
export const mitigationOf = (name: string, more: Partial<NewRequest> = {}): NewRequest => ({
  kind: 'mitigation-scope',
  parameter: 'mid',
  document: documentFor(name),
  file: null,
  profile: null,
  ...more,
});
