import type { CoapRequest } from '#dots/coap/request';
import type { JsonObject } from '#dots/model/json';
import { documentTypeOf } from '#dots/model/documents';
import { documentRequest } from '#dots/signal/documentRequest';
import { begin, replacedBy, type ClientLedger, type IdName, type NewRequest } from '#dots/signal/ledger';
import { resourceOf } from '#dots/signal/resources';
import { scopesOf } from '#dots/signal/scopes';
import { sizeIn, type Size } from './requestSize';

/** What sending a signal channel document would do. */
export interface PlannedRequest {
  request: CoapRequest;
  size: Size;
  /** The mid, sid, tsid or tmid that it would have; undefined for a kind without one. */
  identifier: { name: IdName; value: number } | undefined;
  /** The same request is running, and would be refreshed. */
  refreshes: boolean;
  /** The mitigations that it would replace. */
  replaces: { mid: number; scope: JsonObject }[];
}

/** Who would send it where, and how. */
export interface PlannedSending {
  server: string;
  cuid: string;
  mid?: number | undefined;
  profile?: string | undefined;
  file: string | null;
  /** Whether a mitigation request may be sent in blocks. */
  blocks?: boolean;
}

/**
 * The request as the ledger entry of a document; undefined for a kind without an identifier. Throws a DotsError of kind
 * `usage` for a document of the data channel.
 */
export function newRequest(
  document: JsonObject,
  { mid, profile, file }: Pick<PlannedSending, 'mid' | 'profile' | 'file'>,
): NewRequest | undefined {
  const kind = documentTypeOf(document)?.kind;
  const { id: parameter } = resourceOf(document);
  if (kind === undefined || parameter === undefined) return undefined;
  return { kind, parameter, id: mid, document, file, profile: profile ?? null };
}

/**
 * What sending a document would do, by the ledger, which stays as it is. Throws a DotsError for a document that cannot
 * be sent over the signal channel.
 * @param now milliseconds since 1970
 */
export function plannedRequest(
  ledger: ClientLedger,
  document: JsonObject,
  sending: PlannedSending,
  now: number,
): PlannedRequest {
  const { server, cuid, blocks = false } = sending;
  const asked = newRequest(document, sending);
  const begun = asked && begin(ledger, asked, now);
  const request = documentRequest(document, { cuid, id: begun?.entry.id, blocks });
  return {
    request,
    size: sizeIn(request, server),
    identifier: begun && { name: begun.entry.parameter, value: begun.entry.id },
    refreshes: begun?.refreshes ?? false,
    replaces: begun === undefined || begun.refreshes ? [] : replaced(begun),
  };
}

function replaced({ ledger, entry }: ReturnType<typeof begin>): PlannedRequest['replaces'] {
  const { own, others } = replacedBy(ledger, entry);
  return [
    ...own.map(({ id, document }) => ({ mid: id, scope: scopesOf(document)[0] ?? {} })),
    ...others.map(({ mid, scope }) => ({ mid, scope })),
  ];
}

/**
 * What sending a changed request would do to the mitigation that it was: a refresh keeps it, another request that
 * overlaps it replaces it, and any other one leaves it as it is (RFC 9132 section 4.4.1.3).
 * @param running the mid of the mitigation in force
 */
export function effectWords({ identifier, refreshes, replaces }: PlannedRequest, running: number): string {
  if (refreshes) return `Sending refreshes mid ${running}: its lifetime starts again.`;
  const others = replaces.filter(({ mid }) => mid !== running).map(({ mid }) => mid);
  const more = others.length === 0 ? '' : ` It also replaces mid ${others.join(', ')}.`;
  const next = identifier === undefined ? 'another request' : `mid ${identifier.value}`;
  return replaces.some(({ mid }) => mid === running)
    ? `Sending replaces mid ${running} by ${next}: the mitigation and its counters start again.${more}`
    : `Sending starts ${next}; mid ${running} goes on until you withdraw it.${more}`;
}
