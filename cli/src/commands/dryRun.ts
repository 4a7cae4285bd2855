import { diagnostic, annotatedDiagnostic } from '#dots/cbor/diagnostic';
import { fileLimits } from '#dots/cbor/reader';
import { readableOption } from '#dots/coap/messages/optionText';
import { contentOf as messageOf, pathText, type CoapRequest } from '#dots/coap/request';
import { contentOf, isMapping, pathOf } from '#dots/data/resources';
import type { JsonObject } from '#dots/model/json';
import { printable, safeJson } from '#dots/model/text';
import { systemClock } from '#dots/runtime/clock';
import { replacedBy } from '#dots/signal/ledger';
import { begin } from '#dots/signal/ledgerBegin';
import { documentRequest } from '#dots/signal/documentRequest';
import { isData, ledgerAt } from '../clientIdentity';
import type { ExitStatus } from '../command';
import type { ReadDocument } from '../document';
import { sizeIn, type Size } from '../requestSize';
import type { Sending } from '../serverTarget';
import type { SettledTarget } from '../settledTarget';
import { wantsJson, type SendRun } from './sendRun';
import { newRequest } from './sendSignal';

/** What would be sent. */
interface Plan {
  /** The members of the JSON. */
  json: JsonObject;
  lines: string[];
  /** Whether `dots send` would send it. */
  possible: boolean;
}

/**
 * Prints where a document would go, as which client, and the octets of its request. Nothing leaves this machine, and
 * the ledger stays as it is. Returns 2 for a mitigation request that would not be sent because it does not fit in one
 * datagram. Throws a DotsError.
 */
export async function dryRun(document: ReadDocument, sending: Sending, run: SendRun): Promise<ExitStatus> {
  const { target } = sending;
  const plan = isData(target.server) ? dataPlan(document, target) : await signalPlan(document, sending, run);
  const { server, profile, cuid } = target;
  const head = { dryRun: true, sent: false, server, profile: profile ?? null, cuid };
  const lines = [
    'Dry run: nothing was sent.',
    `To ${server}${profile === undefined ? '' : ` (profile ${profile})`} as cuid ${cuid}`,
    ...plan.lines,
  ];
  await run.io.out(
    wantsJson(run) ? run.json({ ...head, ...plan.json }) : lines.map((line) => `${printable(line)}\n`).join(''),
  );
  return plan.possible ? 0 : 2;
}

async function signalPlan(document: ReadDocument, { ledger, target }: Sending, { given }: SendRun): Promise<Plan> {
  const asked = newRequest(document, target);
  const begun = asked && begin(await ledgerAt(ledger, target).read(), asked, systemClock.now());
  const blocks = given.option('blocks') !== undefined;
  const request = documentRequest(document.value, { cuid: target.cuid, id: begun?.entry.id, blocks });
  const size = sizeIn(request, target.server);
  const identifier = begun && { [begun.entry.parameter]: begun.entry.id };
  const { refreshes = false } = begun ?? {};
  const replaces = begun === undefined || refreshes ? [] : replacedMids(begun);
  return {
    json: { ...noIdentifier, ...identifier, refresh: refreshes, replaces, request: requestJson(request, size) },
    lines: [
      ...Object.entries(identifier ?? {}).map(
        ([name, id]) => `${name} ${id}${refreshes ? ', which is running: it is refreshed' : ''}`,
      ),
      ...(replaces.length === 0 ? [] : [`It replaces mid ${replaces.join(', ')}.`]),
      ...requestLines(request, size),
    ],
    possible: size.fits || request.blocks === true,
  };
}

const noIdentifier = { mid: null, sid: null, tsid: null, tmid: null };

function replacedMids({ ledger, entry }: ReturnType<typeof begin>): number[] {
  const { own, others } = replacedBy(ledger, entry);
  return [...own.map(({ id }) => id), ...others.map(({ mid }) => mid)];
}

function requestJson(request: CoapRequest, { message, limit, fits }: Size): JsonObject {
  const { method, path, confirmable, payload = new Uint8Array() } = request;
  return {
    method,
    path: pathText(path),
    type: confirmable ? 'CON' : 'NON',
    options: messageOf(request).options.map((each): JsonObject => ({ ...readableOption(each) })),
    octets: payload.length,
    messageOctets: message,
    datagramOctets: limit,
    fits,
    hex: Buffer.from(payload).toString('hex'),
    diagnostic: diagnostic(payload, fileLimits),
  };
}

function requestLines(request: CoapRequest, size: Size): string[] {
  const { method, path, confirmable, payload = new Uint8Array() } = request;
  return [
    `${confirmable ? 'CON' : 'NON'} ${method} ${pathText(path)}`,
    ...messageOf(request)
      .options.map(readableOption)
      .map(({ name, value }) => `  ${name}: ${value === '' ? '(empty)' : value}`),
    `${payload.length} octets of CBOR; ${sizeWords(request, size)}`,
    Buffer.from(payload).toString('hex'),
    ...annotatedDiagnostic(payload, fileLimits).split('\n'),
  ];
}

function sizeWords({ blocks }: CoapRequest, { message, limit, fits }: Size): string {
  if (limit === null) return `about ${message} with the CoAP header and options; over TLS there is no limit.`;
  const both = `about ${message} with the CoAP header and options, of ${limit} that one datagram takes`;
  if (fits) return `${both}: it fits.`;
  return blocks === true
    ? `${both}: it would be sent in blocks.`
    : `${both}: it would not be sent without --blocks (RFC 9132 section 7.3).`;
}

/** Only the first request: whether entries have to be replaced one by one is known to the server. */
function dataPlan({ value }: ReadDocument, { cuid }: SettledTarget): Plan {
  const body = JSON.stringify(value);
  const path = `ietf-dots-data-channel:dots-data${pathOf(cuid, '')}`;
  return {
    json: {
      ...noIdentifier,
      refresh: false,
      replaces: [],
      request: {
        method: 'POST',
        path,
        contentType: 'application/yang-data+json',
        octets: Buffer.byteLength(body),
        body,
      },
    },
    lines: [
      `POST ${path}, below the RESTCONF root that the server names; entries of the same name are replaced with PUT`,
      '  Content-Type: application/yang-data+json',
      `${Buffer.byteLength(body)} octets of JSON with ${contentWords(value)}`,
      body,
    ],
    possible: true,
  };
}

function contentWords(document: JsonObject): string {
  if (isMapping(document)) return 'a vendor mapping';
  const { container, entries } = contentOf(document);
  return `${container} ${entries.map(({ name }) => safeJson(name)).join(', ')}`;
}
